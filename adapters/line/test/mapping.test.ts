import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { fromBytes, LINE_MAX_BYTES, LineDecoder, toBytes, type Line } from "../mapping.ts";

function linesOf(...chunks: string[]): Line[] {
  const decoder = new LineDecoder();
  const lines: Line[] = [];
  for (const chunk of chunks) {
    decoder.push(Buffer.from(chunk));
    for (let line; (line = decoder.next()) !== null;) lines.push(line);
  }
  return lines;
}

suite("line mapping", () => {
  test("verb, word and rest", () => {
    assert.deepEqual(linesOf("pub a/b c d\nsub x\r\nbye\n\n%% x\n"), [
      ["pub", "a/b", "c d"],
      ["sub", "x", ""],
      ["bye", "", ""],
      ["", "", ""],
      ["", "", ""],
    ]);
  });

  test("the same lines however the stream is cut", () => {
    const text = "hello a b c\r\npub t x y\nbye\n";
    const whole = linesOf(text);
    for (let cut = 0; cut <= text.length; cut++) assert.deepEqual(linesOf(text.slice(0, cut), text.slice(cut)), whole);
    assert.deepEqual(linesOf(...text.split("")), whole);
  });

  test("a line may be as long as the limit, and no byte longer", () => {
    const word = "a".repeat(LINE_MAX_BYTES - 4);
    assert.deepEqual(linesOf(`pub ${word}\n`), [["pub", word, ""]]);
    const decoder = new LineDecoder();
    decoder.push(Buffer.from(`pub ${word}b`));
    assert.deepEqual(decoder.next(), ["", "", ""]);
  });

  test("any bytes survive as a word of printable ASCII", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const word = fromBytes(bytes);
        assert.match(word, /^[!-~]*$/);
        assert.deepEqual(new Uint8Array(toBytes(word)), bytes);
      }),
    );
  });

  test("what is not a whole escape stands for itself", () => {
    assert.equal(toBytes("100%").toString(), "100%");
    assert.equal(toBytes("%zz%4").toString(), "%zz%4");
    assert.equal(toBytes("%e4%bd%A0").toString(), "你");
  });
});
