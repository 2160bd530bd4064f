// Verifies Hattama's known answers with `jose`, which was not written here.
//
// Usage: node verify.mjs path/to/proto/vectors
//
// Nothing of ours is taken for granted but the files: kids, ids and chains are worked out again.
// Prints one line of counts; stops with exit status 1 at the first lie.

import { createHash, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

// Node 18 has it, but not under this name; `jose` looks for the name.
globalThis.crypto ??= webcrypto;
const { calculateJwkThumbprint, compactVerify, importJWK } = await import('jose');

const LIMIT = 16_384;
const folder = process.argv[2];
if (!folder) {
  console.error('usage: node verify.mjs path/to/proto/vectors');
  process.exit(2);
}
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const { keys, strings } = read('records.json');
const unreadable = read('unreadable.json').strings;
const invalid = read('invalid.json').strings;

function lie(message) {
  console.error(`jose: ${message}`);
  process.exit(1);
}

/** The strict rules of proto/vectors/README.md, steps 1 and 2. Returns the kid and the typ. */
function strict(compact) {
  if (Buffer.byteLength(compact) > LIMIT) throw new Error('too long');
  const parts = compact.split('.');
  if (parts.length !== 3) throw new Error('not three parts');
  const decoded = parts.map((part) => {
    const bytes = Buffer.from(part, 'base64url');
    if (bytes.toString('base64url') !== part) throw new Error('not strict base64url');
    return bytes;
  });
  const header = decoded[0].toString('latin1');
  const found = /^\{"alg":"Ed25519","kid":"([\w-]{43})","typ":"(hattama-[a-z-]+\+jws)"\}$/.exec(header);
  if (!found || !TYPES.has(found[2])) throw new Error('not the header');
  if (Buffer.from(found[1], 'base64url').toString('base64url') !== found[1]) {
    throw new Error('not a kid');
  }
  return { kid: found[1], typ: found[2] };
}

const TYPES = new Set(strings.map((string) => string.typ));
const known = new Map();
for (const { name, jwk, kid } of keys) {
  if ((await calculateJwkThumbprint(jwk)) !== kid) lie(`kid of ${name} is not its thumbprint`);
  known.set(kid, { name, key: await importJWK(jwk, 'Ed25519') });
}

/** What `jose` says, given the key that the header names, and the one algorithm. */
const judge = (compact) =>
  compactVerify(
    compact,
    ({ kid }) => {
      const found = known.get(kid);
      if (!found) throw new Error('a key nobody knows');
      return found.key;
    },
    { algorithms: ['Ed25519'] },
  );

const chains = new Map();
for (const string of strings) {
  const { kid, typ } = strict(string.compact);
  const { payload } = await judge(string.compact).catch((error) => lie(`${string.name}: ${error}`));
  if (known.get(kid).name !== string.key || typ !== string.typ) lie(`${string.name}: key or typ`);
  const said = JSON.parse(Buffer.from(payload).toString('utf8'));
  if (!isDeepStrictEqual(said, string.payload)) lie(`${string.name}: another payload`);
  const id = createHash('sha256').update(string.compact).digest('hex');
  if (id !== string.id) lie(`${string.name}: another id`);
  if ('seq' in said) {
    const before = chains.get(kid) ?? { seq: -1, id: null };
    if (said.seq !== before.seq + 1 || said.prev !== before.id) lie(`${string.name}: chain`);
    chains.set(kid, { seq: said.seq, id });
  }
}

for (const string of unreadable) {
  strict(string.compact);
  await judge(string.compact).catch((error) => lie(`${string.name}: ${error}`));
}

let byLibrary = 0;
for (const string of invalid) {
  const passes = (check) => Promise.resolve(string.compact).then(check).then(() => true, () => false);
  const library = await passes(judge);
  if (library && string.refused_by === 'every_verifier') lie(`${string.name}: accepted`);
  if (library && (await passes(strict))) lie(`${string.name}: accepted by rules and library`);
  if (!library) byLibrary += 1;
}

console.log(
  `jose: ${strings.length} valid in ${chains.size} chains, ${unreadable.length} genuine but ` +
    `unreadable, ${invalid.length} invalid refused (${byLibrary} by the library alone)`,
);
