// Makes the test vectors with the npm package tiktoken (Rust tiktoken in WebAssembly), the reference for exact counts.
//   npm install tiktoken@1.0.22 && node generate.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Tiktoken } from "tiktoken";

const require = createRequire(import.meta.url);
const encoder = name => JSON.parse(readFileSync(require.resolve(`tiktoken/encoders/${name}.json`)));
const o200k = encoder("o200k_base");
const cl100k = encoder("cl100k_base");
const gpt2Pattern = encoder("r50k_base").pat_str;
// The GPT-2 pattern over the cl100k vocabulary, so that the pattern can be checked without another vocabulary.
const encodings = {
  o200k_base: new Tiktoken(o200k.bpe_ranks, o200k.special_tokens, o200k.pat_str),
  cl100k_base: new Tiktoken(cl100k.bpe_ranks, cl100k.special_tokens, cl100k.pat_str),
  gpt2_pattern: new Tiktoken(cl100k.bpe_ranks, {}, gpt2Pattern),
};
const count = (name, text) => encodings[name].encode_ordinary(text).length;

// mulberry32
let state = 20260101;
const random = limit => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % limit;
};
const pick = list => list[random(list.length)];

const words = ["the", "Token", "HTTPServer", "camelCase", "iPhone", "don't", "IT'S", "we'LL", "o'clock", "naïve", "Straße", "ÉCOLE", "Привет",
  "мир", "Ελλάδα", "中文", "計算", "トークン", "ひらがな", "한국어", "토큰", "العربية", "हिन्दी", "ภาษาไทย", "ǅungla", "ﬁ", "ª", "ʰ", "𝔘𝔫𝔦", "𐐀𐐨", "𠀀𠀁"];
const symbols = ["!", "...", "—", "’", "'", "\"", "//", "/", "/*", "*/", "({[", "]})", "=>", "::", "<|endoftext|>", "<|im_start|>", "€", "😀", "👩‍👩‍👧", "🇩🇪", "\u0301", "\u0345",
  "\u200d", "\u200b", "\ufeff", "\u0000", "\u007f", "\u001c", "½", "Ⅷ", "٣", "𝟘", "²"];
const spaces = [" ", "  ", "    ", "\t", "\n", "\r\n", "\n\n", " \n", "\n ", "\u00a0", "\u3000", "\u2028", "\u0085", "\v", "\f"];
const numbers = ["0", "7", "42", "365", "2024", "12345", "1000000", "3.14159", "0x1F"];
const contractions = ["'s", "'S", "'t", "'re", "'VE", "'m", "'ll", "'D", "'ſ", "'x", "'l", "'r"];
const runs = ["a", " ", "=", "-", "中", "ab", "0", "\n", "A", "é", "😀", "ß", "/", "\u0301"];

const texts = ["", "a", " ", "\n"];
for (let i = 0; i < 1500; i++) {
  let text = "";
  for (let parts = 1 + random(12); parts > 0; parts--) {
    text += pick(pick([words, words, symbols, spaces, spaces, numbers, contractions]));
  }
  texts.push(text);
}
for (let i = 0; i < 150; i++) {
  // Runs, up to ones that span windows of a merge and blocks of a scanner.
  texts.push(pick(spaces) + pick(runs).repeat(1 + random(i < 120 ? 150 : 900)) + pick(words));
}
for (let i = 0; i < 150; i++) {
  let text = "";
  for (let length = 1 + random(120); length > 0; length--) {
    text += String.fromCodePoint(32 + random(95));
  }
  texts.push(text);
}

const lines = texts.map(text => JSON.stringify({ text, ...Object.fromEntries(Object.keys(encodings).map(name => [name, count(name, text)])) }));
writeFileSync("tiktoken.jsonl", lines.join("\n") + "\n");

// Every code point in five surroundings: a line for each 256 with a hash of the counts, o200k_base and cl100k_base.
const surroundings = [c => c, c => `a${c}b`, c => ` ${c}A`, c => `1${c}2`, c => `!${c}\n`];
const rows = [];
for (let page = 0; page < 0x1100; page++) {
  if (page >= 0xd8 && page < 0xe0) {
    continue;
  }
  const row = [page.toString(16)];
  for (const name of ["o200k_base", "cl100k_base"]) {
    let hash = 17;
    for (let i = 0; i < 256; i++) {
      const character = String.fromCodePoint(page * 256 + i);
      for (const surround of surroundings) {
        hash = (Math.imul(hash, 31) + count(name, surround(character))) >>> 0;
      }
    }
    row.push(hash);
  }
  rows.push(row.join("\t"));
}
// Pages that are alike, such as unassigned ones, take one line: the first and the last page.
const merged = [];
for (const row of rows) {
  const [page, ...hashes] = row.split("\t");
  const last = merged.at(-1);
  if (last && last.hashes.join() === hashes.join() && parseInt(last.to, 16) + 1 === parseInt(page, 16)) {
    last.to = page;
  } else {
    merged.push({ from: page, to: page, hashes });
  }
}
writeFileSync("code-points.tsv", merged.map(m => [m.from, m.to, ...m.hashes].join("\t")).join("\n") + "\n");
