/** What came of it: a table, and whether it is what was to be reached. */

/** What a training made, and what it took. Losses are those of the tests, in nats for each token. */
export interface Row {
  readonly title: string;
  readonly first: number;
  readonly second: number;
  /** Parameters. */
  readonly trained: number;
  /** Of what was saved. */
  readonly bytes: number;
}

export type Rows = readonly [base: Row, further: Row, full: Row, lora: Row];

export interface Finding {
  readonly holds: boolean;
  readonly text: string;
}

export function tableOf(rows: Rows): string {
  const cells = rows.map((row) => [
    row.title,
    row.first.toFixed(4),
    row.second.toFixed(4),
    gainOf(row, rows[0]).toFixed(4),
    row.trained.toLocaleString("en"),
    `${Math.round(row.bytes / 1000).toLocaleString("en")} kB`,
  ]);
  return [["", "first half", "second half", "gain there", "trained", "saved"], ...cells]
    .map(([title = "", ...others]) => title.padEnd(22) + others.map((cell) => cell.padStart(13)).join(""))
    .join("\n");
}

/** `lastFall`: of the base's loss in validation, in the last tenth of its steps. */
export function judge([base, further, full, lora]: Rows, lastFall: number): Finding[] {
  const [gain, gainFurther] = [gainOf(full, base), gainOf(further, base)];
  const kept = gainOf(lora, base) / gain;
  const trained = lora.trained / full.trained;
  return [
    {
      holds: lastFall < 0.01,
      text: `the base's loss fell by ${lastFall.toFixed(4)} in the last tenth of its steps: less than 0.01`,
    },
    { holds: gain >= 0.05, text: `full fine-tuning gained ${gain.toFixed(4)}: at least 0.05` },
    {
      holds: gain >= 2 * gainFurther,
      text: `as many steps on the first half gained ${gainFurther.toFixed(4)}: at most half of it`,
    },
    { holds: kept >= 0.8, text: `LoRA kept ${percent(kept)} of the gain: at least 80 %` },
    { holds: trained <= 0.1, text: `LoRA trained ${percent(trained)} of the parameters: at most 10 %` },
  ];
}

const gainOf = (row: Row, base: Row) => base.second - row.second;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
