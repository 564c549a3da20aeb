import { ArgumentError, NonFiniteError } from "../errors.ts";
import { exp, log, pow } from "../math.ts";
import { Breath } from "../runtime/breath.ts";
import { type Finish, finishOf } from "./continuation.ts";
import { composeProcessors, type LogitsOptions, type Process } from "./processLogits.ts";
import { bestTokens } from "./selection.ts";

type Logits = Float32Array | Float64Array;

/**
 * What beam search asks of a model: anything that reads tokens and says what may follow. `State` is its own
 * affair.
 */
export interface BeamModel<State> {
  /**
   * Reads one more token of each beam.
   *
   * tokens: [beams] → logits: beams times [V], of what follows, and the state of the beams after it
   */
  step(
    tokens: readonly number[],
    state: State,
  ): { readonly logits: readonly Logits[]; readonly state: State };
  /**
   * The state in which beam b goes on from where beam rows[b] was. A row may come more than once, or not at
   * all.
   */
  reorder(state: State, rows: readonly number[]): State;
}

/** Where a search begins: with one beam. */
export interface BeamStart<State> {
  readonly state: State;
  /** The first token that the model reads: a prompt's last, or what begins every text. */
  readonly token: number;
  /** What the logits options count as the text before. Default: nothing. */
  readonly prompt?: readonly number[];
}

export interface BeamOptions extends LogitsOptions {
  /** How many tokens a text has at most. */
  readonly tokens: number;
  /** How many texts are followed at once. Default 4. */
  readonly beams?: number;
  /** How many of the best are given back, fewer where there are not as many. Default 1. */
  readonly results?: number;
  /**
   * α of Wu et al. 2016, equation 14, from 0 on: scores are divided by ((5 + length) / 6)^α, so that longer
   * texts are not at a disadvantage. Default 0.
   */
  readonly lengthPenalty?: number;
  /**
   * Stop as soon as `results` texts have ended. Default false: stop when no beam can become better than
   * those, which costs more steps and gives the same as never stopping, unless logits options make tokens
   * likelier.
   */
  readonly earlyStopping?: boolean;
  readonly signal?: AbortSignal;
}

/** A text that a beam search found. */
export interface BeamResult {
  /** What was generated, with the stop token where there is one. */
  readonly tokens: readonly number[];
  /**
   * The sum of the log-probabilities of its tokens, after the logits options, which act on log-probabilities.
   */
  readonly logProbability: number;
  /** The log-probability after the length penalty: what texts are ranked by. */
  readonly score: number;
  readonly finish: Finish;
}

/** A text that may go on; `row` is that of the beam which it goes on from. */
interface Beam {
  readonly tokens: readonly number[];
  readonly logProbability: number;
  readonly row: number;
}

/**
 * The likeliest texts that a search finds which follows the `beams` best ones at once, the best first. With
 * as many beams as there are texts it finds the best of all. Where texts are equally likely, the one of the
 * better beam and the lower token comes first.
 *
 * @throws ArgumentError for an option out of its range
 */
export async function beamSearch<State>(
  model: BeamModel<State>,
  start: BeamStart<State>,
  options: BeamOptions,
): Promise<BeamResult[]> {
  const search = new Search(options, start.prompt ?? []);
  const breath = new Breath();
  let { state } = start;
  let beams = search.begin();
  while (beams.length > 0) {
    await breath.take(options.signal);
    const step = model.step(
      beams.map(({ tokens }) => tokens.at(-1) ?? start.token),
      state,
    );
    beams = search.advance(beams, step.logits);
    if (search.isOver(beams)) break;
    state = model.reorder(
      step.state,
      beams.map(({ row }) => row),
    );
  }
  return search.results;
}

class Search {
  /** Texts that have ended, the best first. */
  readonly results: BeamResult[] = [];
  readonly #options: BeamOptions;
  readonly #prompt: readonly number[];
  readonly #process: Process;

  constructor(options: BeamOptions, prompt: readonly number[]) {
    checkOptions(options);
    options.constraint?.checkBudget(options.tokens, options.stopTokens ?? []);
    this.#options = options;
    this.#prompt = prompt;
    this.#process = composeProcessors(options);
  }

  /** The empty text. */
  begin(): Beam[] {
    return this.#growing([{ tokens: [], logProbability: 0, row: 0 }]);
  }

  /**
   * Lets each beam go on by each token. Those that end are noted, of the others the best are the new beams.
   */
  advance(beams: readonly Beam[], logits: readonly Logits[]): Beam[] {
    const { beams: width = 4, stopTokens = [] } = this.#options;
    const growing: Beam[] = [];
    beams.forEach(({ tokens, logProbability: before }, row) => {
      const chances = this.#process(logProbabilities(logits[row]!), this.#textOf(tokens));
      const reach = (token: number): Beam => {
        return { tokens: [...tokens, token], logProbability: before + chances[token]!, row };
      };
      // Stop tokens are looked at one by one, and leave their places to the others.
      for (const token of stopTokens) this.#end(reach(token), "stopToken");
      const candidates = bestTokens(chances, width + stopTokens.length);
      growing.push(...candidates.filter((token) => !stopTokens.includes(token)).map(reach));
    });
    const best = growing.filter(isPossible).sort((a, b) => b.logProbability - a.logProbability);
    return this.#growing(best.slice(0, width));
  }

  /** Whether no beam is worth going on with. */
  isOver(beams: readonly Beam[]): boolean {
    const { tokens, results: wanted = 1, earlyStopping = false } = this.#options;
    if (this.results.length < wanted) return beams.length === 0;
    // A log-probability only falls, and the penalty is mildest on the longest text.
    const attainable = Math.max(...beams.map((beam) => this.#score(beam.logProbability, tokens)));
    return earlyStopping || attainable <= this.results.at(-1)!.score;
  }

  /** Notes those that nothing may follow, and gives the others. */
  #growing(beams: readonly Beam[]): Beam[] {
    return beams.filter((beam) => {
      const finish = finishOf(this.#textOf(beam.tokens), this.#options);
      if (finish !== null) this.#end(beam, finish);
      return finish === null;
    });
  }

  #end(beam: Beam, finish: Finish): void {
    if (!isPossible(beam)) return;
    const { tokens, logProbability } = beam;
    const score = this.#score(logProbability, tokens.length);
    const place = this.results.findIndex((other) => other.score < score);
    this.results.splice(place < 0 ? this.results.length : place, 0, {
      tokens,
      logProbability,
      score,
      finish,
    });
    this.results.splice(this.#options.results ?? 1);
  }

  #score(logProbability: number, length: number): number {
    return logProbability / pow((5 + length) / 6, this.#options.lengthPenalty ?? 0);
  }

  #textOf(generated: readonly number[]) {
    const { length } = this.#prompt;
    const remaining = this.#options.tokens - generated.length;
    return { tokens: [...this.#prompt, ...generated], promptLength: length, remaining };
  }
}

const isPossible = ({ logProbability }: Beam) => logProbability > -Infinity;

/** log softmax(logits). logits: [V] */
function logProbabilities(logits: Logits): Float64Array {
  const shifted = new Float64Array(logits);
  const largest = shifted.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(largest)) throw new NonFiniteError("beamSearch", `the largest logit is ${largest}`);
  const total = shifted.reduce((sum, logit) => sum + exp(logit - largest), 0);
  const logTotal = largest + log(total);
  return shifted.map((logit) => logit - logTotal);
}

function checkOptions({ tokens, beams = 4, results = 1, lengthPenalty = 0 }: BeamOptions): void {
  const check = (holds: boolean, wanted: string, got: number) => {
    if (!holds) throw new ArgumentError("beamSearch", wanted, got);
  };
  check(Number.isInteger(tokens) && tokens >= 0, "a whole number of tokens", tokens);
  check(Number.isInteger(beams) && beams >= 1, "a number of beams from 1 on", beams);
  check(Number.isInteger(results) && results >= 1, "a number of results from 1 on", results);
  check(
    lengthPenalty >= 0 && lengthPenalty < Number.POSITIVE_INFINITY,
    "a lengthPenalty from 0 on",
    lengthPenalty,
  );
}
