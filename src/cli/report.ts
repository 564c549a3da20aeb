import cliProgress from "cli-progress";
import plot from "simple-ascii-chart";

/** One evaluation, as `metrics.jsonl` holds it. */
export interface Metrics {
  readonly step: number;
  /** Mean over the steps since the last evaluation. */
  readonly trainLoss: number;
  readonly validationLoss: number;
  readonly learningRate: number;
  readonly tokensPerSecond: number;
}

/** What a user sees while training goes on. */
export interface Report {
  line(text: string): void;
  step(step: number, loss: number, tokensPerSecond: number): void;
  evaluated(metrics: Metrics): void;
  stop(): void;
}

const seconds = (value: number) =>
  value < 60 ? `${Math.ceil(value)} s` : `${Math.floor(value / 60)} min ${Math.ceil(value % 60)} s`;

/** A progress bar on a terminal, else a line for each evaluation. */
export function makeReport(from: number, to: number, tokensPerStep: number): Report {
  const left = (step: number, speed: number) =>
    speed > 0 ? seconds(((to - step) * tokensPerStep) / speed) : "?";
  return process.stdout.isTTY ? barReport(from, to, left) : lineReport(to, left);
}

type TimeLeft = (step: number, tokensPerSecond: number) => string;

function barReport(from: number, to: number, left: TimeLeft): Report {
  const bar = new cliProgress.SingleBar(
    {
      format:
        "{bar} step {value}/{total} | loss {loss} | validation {validation} | {speed} tokens/s | {left} left",
      hideCursor: true,
      clearOnComplete: false,
      stopOnComplete: false,
      gracefulExit: false,
      stream: process.stdout,
      barsize: 24,
    },
    cliProgress.Presets.shades_classic,
  );
  const shown = { loss: "?", validation: "?", speed: "?", left: "?" };
  bar.start(to, from, shown);
  return {
    line: (text) => console.log(text),
    step(step, loss, speed) {
      Object.assign(shown, { loss: loss.toFixed(3), speed: Math.round(speed), left: left(step, speed) });
      bar.update(step, shown);
    },
    evaluated(metrics) {
      shown.validation = metrics.validationLoss.toFixed(3);
      bar.update(shown);
    },
    stop: () => bar.stop(),
  };
}

function lineReport(to: number, left: TimeLeft): Report {
  return {
    line: (text) => console.log(text),
    step() {},
    evaluated({ step, trainLoss, validationLoss, tokensPerSecond }) {
      console.log(
        `step ${step}/${to}  train loss ${trainLoss.toFixed(4)}  validation loss ${validationLoss.toFixed(4)}  ` +
          `${Math.round(tokensPerSecond)} tokens/s  ${left(step, tokensPerSecond)} left`,
      );
    },
    stop() {},
  };
}

/** The losses of the steps as a curve for the terminal, thinned to its width. */
export function lossCurve(losses: readonly (readonly [step: number, loss: number])[]): string {
  const width = Math.max(20, Math.min(72, (process.stdout.columns ?? 80) - 12));
  const perPoint = Math.max(1, Math.ceil(losses.length / width));
  const points: [number, number][] = [];
  for (let i = 0; i < losses.length; i += perPoint) {
    const part = losses.slice(i, i + perPoint);
    const mean = part.reduce((sum, [, loss]) => sum + loss, 0) / part.length;
    points.push([part.at(-1)![0], mean]);
  }
  if (points.length < 2) return "";
  return plot(points, { width, height: 12, title: "training loss", xLabel: "step" });
}
