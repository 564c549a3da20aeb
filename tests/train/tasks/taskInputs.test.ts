import { expect, it } from "vitest";
import { TaskInputs } from "../../../src/train/tasks/taskInputs.ts";

const symbols = { startToken: 90, delimiterToken: 91, extractToken: 92 };
const of = (...tokens: number[]) => Int32Array.from(tokens);

it("are those of figure 1 of Radford et al. 2018", () => {
  const inputs = new TaskInputs({ ...symbols, contextLength: 20 });
  expect(inputs.classification(of(1, 2))).toEqual(of(90, 1, 2, 92));
  expect(inputs.entailment(of(1, 2), of(3))).toEqual(of(90, 1, 2, 91, 3, 92));
  expect(inputs.similarity(of(1), of(2, 3))).toEqual([of(90, 1, 91, 2, 3, 92), of(90, 2, 3, 91, 1, 92)]);
  expect(inputs.multipleChoice(of(1), [of(2), of(3, 4)])).toEqual([
    of(90, 1, 91, 2, 92),
    of(90, 1, 91, 3, 4, 92),
  ]);
});

it("fit into the context, the longer text cut first", () => {
  const inputs = new TaskInputs({ ...symbols, contextLength: 7 });
  expect(inputs.classification(of(1, 2, 3, 4, 5, 6))).toEqual(of(90, 1, 2, 3, 4, 5, 92));
  expect(inputs.entailment(of(1, 2, 3, 4), of(5))).toEqual(of(90, 2, 3, 4, 91, 5, 92));
  expect(inputs.entailment(of(1), of(2, 3, 4, 5))).toEqual(of(90, 1, 91, 2, 3, 4, 92));
  expect(inputs.entailment(of(1, 2, 3), of(4, 5, 6))).toEqual(of(90, 2, 3, 91, 4, 5, 92));
  expect(() => new TaskInputs({ ...symbols, contextLength: 4 })).toThrow("a whole number from 5 on, got 4");
});
