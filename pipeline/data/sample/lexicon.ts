// The words of the sample corpus. In every list the first words are the most frequent ones, so that the later ones are
// learnt only from many rows.

const words = (text: string): string[] => text.trim().split(/\s+/);
/** One phrase a line. */
export const phrases = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim());

/** Words and phrases with a tone: what a bad review says, and what a good one says. */
export const toned: Record<string, { readonly bad: readonly string[]; readonly good: readonly string[] }> = {
  adj: {
    bad: words(`
      boring awful dull predictable silly weak terrible bad poor annoying flat stupid messy bland pointless clumsy lazy shallow tedious
      forced confusing cheap ugly wooden stale dreadful horrible tiresome lifeless hollow confused pretentious derivative sloppy grating
      unfunny cold contrived cringeworthy crude dated dire disappointing dismal disjointed dreary embarrassing empty endless excruciating
      feeble flimsy forgettable frustrating generic glib half-baked ham-fisted idiotic implausible inane incoherent incompetent inept
      insipid insulting irritating laboured lacklustre laughable leaden ludicrous mawkish mediocre meandering mindless monotonous muddled
      murky nonsensical numbing obnoxious obvious overlong overwrought painful pathetic pedestrian phoney plodding preachy repetitive
      ridiculous rushed sappy shoddy slack sluggish smug soulless stilted stodgy tacky tasteless threadbare tired toothless trite turgid
      unbearable unconvincing uneven uninspired unwatchable vapid wretched worthless wearisome bloated charmless clunky drab formulaic
      garish heavy-handed humourless joyless juvenile listless morose obtuse overblown rambling ropey sterile strained syrupy torpid`),
    good: words(`
      great good funny beautiful brilliant wonderful moving clever superb charming gripping warm excellent perfect lovely honest witty
      tender sharp fresh engaging memorable thoughtful delightful vivid absorbing touching inventive believable elegant thrilling hilarious
      haunting graceful stirring assured confident generous humane insightful intelligent joyful lively luminous magnetic masterful
      mesmerising nuanced original perceptive playful poetic poignant polished powerful precise refreshing remarkable resonant rewarding
      rich riveting satisfying sincere smart sparkling spellbinding splendid stunning stylish sublime subtle suspenseful terrific timeless
      triumphant uplifting vibrant wise fantastic marvellous outstanding magnificent exquisite exhilarating enchanting endearing dazzling
      compelling captivating breathtaking bold atmospheric astonishing affecting adorable accomplished amusing appealing convincing deft
      electrifying evocative flawless heartfelt immersive infectious irresistible tense taut tasteful seamless sumptuous bewitching buoyant
      crisp disarming effervescent entrancing fearless genial glorious impeccable ingenious limpid lyrical mirthful nimble rapturous
      rousing searing soulful stately supple sure-footed tantalising unforced virtuosic winsome zesty`),
  },
  verbed: {
    bad: words(
      'bored annoyed disappointed irritated confused tired depressed embarrassed exhausted lost bothered numbed repelled baffled vexed wearied',
    ),
    good: words(
      'moved surprised thrilled charmed amused touched gripped delighted impressed enchanted hooked stirred dazzled floored cheered beguiled',
    ),
  },
  verb: {
    bad: words(
      'bore annoy disappoint irritate confuse tire depress embarrass exhaust lose bother numb repel baffle vex weary',
    ),
    good: words(
      'move surprise thrill charm amuse touch grip delight impress enchant hook stir dazzle floor cheer beguile',
    ),
  },
  quality: {
    bad: words(
      'cliché padding sentimentality noise clutter boredom laziness pretension filler cynicism bombast clumsiness self-importance bluster drudgery schmaltz',
    ),
    good: words(
      'charm warmth wit tension depth heart style imagination energy grace humour suspense soul rhythm tenderness elegance sparkle verve panache',
    ),
  },
  thing: {
    bad: words(
      'mess disaster bore waste failure disgrace chore farce dud slog turkey shambles travesty snoozefest trudge clunker misfire muddle',
    ),
    good: words(
      'gem masterpiece delight classic triumph treasure joy treat marvel wonder pleasure revelation charmer stunner tonic feast winner tour-de-force',
    ),
  },
  how: {
    bad: words('badly poorly clumsily lazily carelessly awkwardly hastily sloppily ineptly crudely woefully stiffly'),
    good: words(
      'beautifully well superbly cleverly gracefully skilfully lovingly carefully deftly exquisitely crisply handsomely',
    ),
  },
  verdict: {
    bad: phrases(`
      avoid it
      skip this one
      save your money
      I want those two hours back
      do yourself a favour and stay at home
      I cannot recommend it
      I nearly walked out
      not worth the ticket
      I checked my watch every ten minutes
      half the audience had left by the end
      once was more than enough
      give it a miss
      I gave up caring after twenty minutes
      stay away
      I fell asleep twice
      leave it on the shelf
      nobody needed this
      it should never have been released
      I regret buying the ticket
      watch the paint dry instead
      it overstays its welcome by an hour
      it left me cold`),
    good: phrases(`
      see it
      do not miss this one
      worth every penny
      I would happily watch it again tonight
      do yourself a favour and go
      I recommend it to anyone
      I stayed until the last credit
      well worth the ticket
      I did not look at my watch once
      the whole audience applauded at the end
      I have seen it three times already
      put it at the top of your list
      I cared about everyone in it
      go with the whole family
      I was wide awake until two
      it deserves a place on your shelf
      we need more of this
      it should be shown in schools
      I bought the disc the next morning
      drop everything and watch it
      I wished it were an hour longer
      it stayed with me for days`),
  },
  rating: {
    bad: phrases('two out of ten\n1 out of 5\n3/10\none star\nfour out of ten at best\n2/10'),
    good: phrases('nine out of ten\n5 out of 5\n8/10\nfour stars\nseven out of ten at least\n10/10'),
  },
};

/** Words without a tone. */
export const neutral: Record<string, readonly string[]> = {
  aspect: words(`
    plot acting script story ending dialogue cast direction music humour camerawork editing pacing opening score romance villain finale
    scenery soundtrack lighting premise narration chemistry middle prologue choreography staging subplot twist costuming makeup design
    monologue montage fight framing epilogue banter casting heroine sidekick`),
  whole: words('film movie picture thing story production'),
  degree: phrases(
    'very\nreally\nso\nrather\nquite\ntruly\na little\nutterly\nsomewhat\npretty\nsurprisingly\nabsolutely\na bit\nthoroughly\ndownright',
  ),
  made: words('shot edited acted written directed paced scored lit staged cut'),
  negator: phrases(
    'not\nnever\nhardly\nanything but\nfar from\nnot at all\nby no means\nnot exactly\nin no way\nnot once',
  ),
  friend: words(
    'sister brother neighbour wife husband flatmate mother father cousin colleague teacher dentist uncle daughter',
  ),
  when: phrases(
    'last night\non a rainy Tuesday\nat a small festival\non a long flight\nyears ago\nlast weekend\nat a late screening\non my phone\nduring a power cut\non my birthday\nafter work\non a borrowed disc',
  ),
  role: words(
    'widow detective sailor baker duke teacher pilot nurse smuggler clockmaker ferryman surgeon orphan colonel poet gardener thief judge translator lighthouse-keeper beekeeper cartographer',
  ),
  charged: words(
    'cruel lonely beautiful ruthless gentle bitter brave wicked lovely cold evil noble miserable cheerful grim sweet horrible kind tragic ugly wonderful terrible',
  ),
  place: words(
    'Orvane Tilmouth Castrel Wexholm Dunmarrow Pellith Karsk Ilvermoor Sandrey Brannick Quillhaven Voss Ostermere Lantry Hexdale Morrowick',
  ),
  quest: phrases(
    'find a stolen letter\nbring up three children\nsteal a painting\ncross a frozen lake\nwin a village dance\nhide a wounded soldier\nrepair an old tower clock\nanswer for a murder\nlearn the piano in a week\nescape from a besieged town\nsell a haunted house\nforgive a dying brother\nsave the harvest\noutwit a corrupt mayor',
  ),
  before: phrases(
    'before the war begins\nbefore the first snow\nbefore the wedding\nby midnight\nbefore the train leaves\nwhile a storm closes in\nas the plague spreads\nbefore anyone finds out\nin three days',
  ),
  fact: phrases(`
    It was shot in {place} in {number} days.
    It runs for about {number} minutes.
    The poster shows a {role} with a lantern.
    I had to read the subtitles.
    {star} also produced it.
    It is based on a novel that I have not read.
    There are {number} songs in it.
    The print had scratches.
    It opened the same week as the {place} festival.
    The first scene takes place in {place}.`),
  number: words('eleven twenty thirty forty ninety seventy nineteen twelve fifty eighty'),
  annoyance: phrases(
    'another car chase\na dream sequence\nthe twin brother nobody mentioned\na third ending\nten minutes of fog\na talking parrot\none more speech about destiny\nthe lost map again\na training montage\nslow motion in the rain',
  ),
};

/** Parts of names. The names are put together from them, so that no cast is a real one. */
export const syllables = {
  first: words('Vel Dro Mi Tas Ori Bex Lu Quen Sar Jov Ne Ila Cor Wy Pel Zan'),
  last: words('dra mek tis vane loth rick sha bury nel quist dova mire holt zeph gard wyn'),
};
