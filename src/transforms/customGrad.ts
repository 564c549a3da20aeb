import { ArgumentError } from "../errors.ts";
import { operands, type Rule, record } from "../tensor/record.ts";
import { Tensor } from "../tensor/tensor.ts";
import { floatsIn, withNewHandles } from "./support/structure.ts";

/** A rule that the user writes. Y: one tensor, or several. */
export interface CustomRule<Xs extends readonly Tensor[], Y extends Tensor | readonly Tensor[]> {
  /** For error messages. */
  readonly op: string;
  /** The function; it is not recorded. */
  forward(...xs: Xs): Y;
  /**
   * One gradient per input, a single one for a single input; null for one that is not needed. Written with
   * ops it can be differentiated again. dy is null for an output that nobody used.
   */
  backward(
    dy: Y extends Tensor ? Tensor : readonly (Tensor | null)[],
    at: { readonly inputs: Xs; readonly outputs: readonly Tensor[]; readonly needs: readonly boolean[] },
  ): Tensor | readonly (Tensor | null)[];
}

/**
 * A function with a gradient of one's own.
 *
 * ```ts
 * const reverseGradient = customGrad({
 *   op: "reverseGradient",
 *   forward: (x: Tensor) => x,
 *   backward: (dy) => neg(dy),
 * });
 * ```
 */
export function customGrad<Xs extends readonly Tensor[], Y extends Tensor | readonly Tensor[]>(
  custom: CustomRule<Xs, Y>,
): (...xs: Xs) => Y {
  const rule = ruleOf(custom);
  return (...xs) => {
    const first = xs[0];
    if (first === undefined) throw new ArgumentError(custom.op, "at least one tensor", xs);
    const runtime = operands(custom.op, first, ...xs.slice(1));
    // Handles of our own, because forward may return a tensor that is not its own.
    const result = runtime.scope(() =>
      withNewHandles(
        custom.op,
        runtime.withRecording(false, () => custom.forward(...xs)),
      ),
    );
    const outputs = floatsIn(result);
    const constants = { count: xs.length, single: result instanceof Tensor };
    record(outputs, rule, { inputs: xs, saved: [...xs, ...outputs], constants });
    return result;
  };
}

interface Call {
  /** How many inputs there are; they stand first among the saved tensors. */
  readonly count: number;
  /** Whether forward returned one tensor, not a list. */
  readonly single: boolean;
}

function ruleOf<Xs extends readonly Tensor[], Y extends Tensor | readonly Tensor[]>({
  op,
  backward,
}: CustomRule<Xs, Y>): Rule<Call> {
  type Cotangent = Parameters<typeof backward>[0];
  return {
    op,
    backward(dy, { saved, needs, constants: { count, single } }) {
      const inputs = saved.slice(0, count) as readonly Tensor[] as Xs;
      const outputs = saved.slice(count);
      const cotangent = (single ? dy[0] : dy) as Cotangent;
      const result = backward(cotangent, { inputs, outputs, needs });
      return result instanceof Tensor ? [result] : result;
    },
  };
}
