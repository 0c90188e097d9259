import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Views } from '../../projections/views.ts';

/** What every place for tables must do. `open` gives a new, empty one. */
export function viewsContract(name: string, open: () => Views): void {
  const contract = suite<{ views: Views }>(`views contract: ${name}`);
  contract.before.each((context) => {
    context.views = open();
  });
  contract.after.each(({ views }) => views.close());

  contract('keeps rows apart by generation and lists them in order of their bytes', ({ views }) => {
    const [a, b] = views.transaction((t) => [t.create('runs', 1), t.create('runs', 1)]);
    views.transaction((t) => {
      for (const key of ['b', 'é', 'a', 'B', '😀', 'ﬀ']) t.put(a.id, key, `"${key}"`);
      t.put(b.id, 'a', '"other"');
      t.put(a.id, 'a', '"changed"');
      t.remove(a.id, 'b');
    });
    assert.equal(
      [...views.rows(a.id)].map((r) => r.key),
      ['B', 'a', 'é', 'ﬀ', '😀'],
    );
    assert.is(
      views.transaction((t) => t.get(a.id, 'a')),
      '"changed"',
    );
    assert.is(
      views.transaction((t) => t.get(b.id, 'a')),
      '"other"',
    );
    assert.is(
      views.transaction((t) => t.get(a.id, 'b')),
      undefined,
    );
  });

  contract('undoes everything of a transaction that throws', ({ views }) => {
    const g = views.transaction((t) => t.create('runs', 1));
    views.transaction((t) => t.put(g.id, 'a', '1'));
    assert.throws(() =>
      views.transaction((t) => {
        t.put(g.id, 'a', '2');
        t.checkpoint(g.id, { position: 9, hash: 'h' });
        t.create('runs', 2);
        throw new Error('no');
      }),
    );
    assert.is(
      views.transaction((t) => t.get(g.id, 'a')),
      '1',
    );
    assert.equal(
      views.transaction((t) => t.generations('runs')),
      [{ id: g.id, version: 1, position: 0, hash: null, live: false }],
    );
  });

  contract('has one live generation per name, and drops the others when it changes', ({ views }) => {
    const [old, other, next] = views.transaction((t) => [
      t.create('runs', 1),
      t.create('models', 1),
      t.create('runs', 2),
    ]);
    views.transaction((t) => {
      t.goLive('runs', old.id);
      t.goLive('models', other.id);
    });
    const g = views.transaction((t) => t.create('runs', 2));
    assert.ok(next.id !== g.id);
    views.transaction((t) => {
      t.checkpoint(g.id, { position: 7, hash: 'h' });
      t.goLive('runs', g.id);
    });
    assert.equal(
      views.transaction((t) => t.generations('runs')),
      [{ id: g.id, version: 2, position: 7, hash: 'h', live: true }],
    );
    assert.is(views.transaction((t) => t.generations('models')).length, 1);
  });

  contract('lists many rows', ({ views }) => {
    const g = views.transaction((t) => t.create('runs', 1));
    views.transaction((t) => {
      for (let i = 0; i < 2500; i++) t.put(g.id, String(i).padStart(5, '0'), String(i));
    });
    assert.equal(
      [...views.rows(g.id)].map((r) => r.row),
      Array.from({ length: 2500 }, (_, i) => String(i)),
    );
  });

  contract('forgets everything on demand', ({ views }) => {
    views.transaction((t) => t.put(t.create('runs', 1).id, 'a', '1'));
    views.clear();
    assert.equal(
      views.transaction((t) => t.generations('runs')),
      [],
    );
  });

  contract.run();
}
