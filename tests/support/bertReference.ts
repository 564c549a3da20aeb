/** Weights by Hugging Face's names, row-major. */
export type BertWeights = Readonly<Record<string, ArrayLike<number>>>;

export interface BertSizes {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly epsilon: number;
}

type Rows = readonly (readonly number[])[];

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The Taylor series of erf: exact for numbers as small as in tests. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const gelu = (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2));

/** BERT in double precision as Devlin et al. 2018 describe it, with the weights under Hugging Face's names. */
export class BertReference {
  readonly #weights: BertWeights;
  readonly #sizes: BertSizes;

  constructor(weights: BertWeights, sizes: BertSizes) {
    this.#weights = weights;
    this.#sizes = sizes;
  }

  /** The hidden state of each token: [T, C]. */
  hidden(tokens: readonly number[], segments: readonly number[]): Rows {
    const embedded = tokens.map((token, position) => {
      const rows = [
        this.#row("bert.embeddings.word_embeddings.weight", token),
        this.#row("bert.embeddings.position_embeddings.weight", position),
        this.#row("bert.embeddings.token_type_embeddings.weight", segments[position]!),
      ];
      return rows[0]!.map((value, i) => value + rows[1]![i]! + rows[2]![i]!);
    });
    let x: Rows = embedded.map((row) => this.#norm("bert.embeddings.LayerNorm", row));
    for (let layer = 0; layer < this.#sizes.layers; layer++) {
      const name = `bert.encoder.layer.${layer}`;
      const attended = this.#attention(`${name}.attention.self`, x);
      const middle = x.map((row, t) =>
        this.#norm(
          `${name}.attention.output.LayerNorm`,
          sum(row, this.linear(`${name}.attention.output.dense`, attended[t]!)),
        ),
      );
      x = middle.map((row) => {
        const wide = this.linear(`${name}.intermediate.dense`, row).map(gelu);
        return this.#norm(`${name}.output.LayerNorm`, sum(row, this.linear(`${name}.output.dense`, wide)));
      });
    }
    return x;
  }

  /** Logits of the masked symbol from a hidden state: [V]. */
  tokenLogits(hidden: readonly number[], vocabSize: number): readonly number[] {
    const transformed = this.linear("cls.predictions.transform.dense", hidden).map(gelu);
    const normed = this.#norm("cls.predictions.transform.LayerNorm", transformed);
    return Array.from(
      { length: vocabSize },
      (_, token) =>
        dot(this.#row("bert.embeddings.word_embeddings.weight", token), normed) +
        this.#weights["cls.predictions.bias"]![token]!,
    );
  }

  linear(name: string, x: readonly number[]): number[] {
    const [weight, bias] = [this.#weights[`${name}.weight`]!, this.#weights[`${name}.bias`]!];
    return Array.from(bias, (b, row) =>
      x.reduce((s, value, i) => s + weight[row * x.length + i]! * value, b),
    );
  }

  #attention(name: string, x: Rows): Rows {
    const { width, heads } = this.#sizes;
    const headWidth = width / heads;
    const [queries, keys, values] = ["query", "key", "value"].map((kind) =>
      x.map((row) => this.linear(`${name}.${kind}`, row)),
    ) as [number[][], number[][], number[][]];
    return queries.map((query) =>
      Array.from({ length: heads }, (_, head) => {
        const part = (row: readonly number[]) => row.slice(head * headWidth, (head + 1) * headWidth);
        const shares = softmax(keys.map((key) => dot(part(query), part(key)) / Math.sqrt(headWidth)));
        return part(query).map((_, i) =>
          dot(
            shares,
            values.map((value) => part(value)[i]!),
          ),
        );
      }).flat(),
    );
  }

  #norm(name: string, x: readonly number[]): number[] {
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    const variance = x.reduce((s, value) => s + (value - mean) ** 2, 0) / x.length;
    const scale = 1 / Math.sqrt(variance + this.#sizes.epsilon);
    const [gain, bias] = [this.#weights[`${name}.weight`]!, this.#weights[`${name}.bias`]!];
    return x.map((value, i) => (value - mean) * scale * gain[i]! + bias[i]!);
  }

  #row(name: string, row: number): number[] {
    const { width } = this.#sizes;
    return Array.from({ length: width }, (_, i) => this.#weights[name]![row * width + i]!);
  }
}

const sum = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + b[i]!);
