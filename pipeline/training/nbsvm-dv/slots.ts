/** Bits of an id that tell n-grams of one slot apart. */
const KEY_BITS = 6;
/** Most bits of an id that the preprocessor gives. */
const MOST_BITS = 28;

/**
 * Where an id's numbers are: `slot` in tables of 2^slotBits rows. All ids of a slot share what `nbsvm` learns. A vector
 * belongs to one id, which its `key` tells from the slot's other ids. Without the key, the n-grams that are too rare
 * for a vector, which are most of a text's, would sometimes get another's.
 */
export type Slots = { readonly bits: number; readonly slotBits: number };

export const slotsOf = (slotBits: number): Slots => ({ slotBits, bits: Math.min(MOST_BITS, slotBits + KEY_BITS) });

export const slotOf = ({ slotBits }: Slots, id: number): number => id & ((1 << slotBits) - 1);

/** Below 2^(bits - slotBits). */
export const keyOf = ({ slotBits }: Slots, id: number): number => id >>> slotBits;
