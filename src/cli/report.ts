import cliProgress from "cli-progress";
import type { Metrics } from "./metrics.ts";

/** What a user sees while training goes on. */
export interface Report {
  step(step: number, loss: number, tokensPerSecond: number): void;
  evaluated(metrics: Metrics): void;
  /** Leaves the last state on the screen. May be called again. */
  stop(): void;
}

/** Where the report goes; a terminal has columns. */
export type ReportStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Characters beside the bar: "step 1000/1000  train 2.345  val 2.345  12345 tokens/s  0:12:34 left". */
const TEXT_COLUMNS = 70;
const SHORTEST_BAR = 8;
const LONGEST_BAR = 40;

/** A progress bar on a terminal, else a line for each evaluation. `from`, `to`: steps done before and at the end. */
export function makeReport(from: number, to: number, stream: ReportStream): Report {
  const timeLeft = timer(from, to);
  return stream.isTTY ? barReport(from, to, stream, timeLeft) : lineReport(to, stream, timeLeft);
}

type TimeLeft = (step: number) => string;

function barReport(from: number, to: number, stream: ReportStream, timeLeft: TimeLeft): Report {
  const room = (stream.columns ?? 80) - TEXT_COLUMNS;
  const bar = new cliProgress.SingleBar(
    {
      format: "{bar} step {value}/{total}  train {train}  val {validation}  {speed} tokens/s  {left} left",
      stream,
      barsize: Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, room)),
      hideCursor: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_classic,
  );
  const shown = { train: "-", validation: "-", speed: "-", left: "-" };
  bar.start(to, from, shown);
  return {
    step(step, loss, tokensPerSecond) {
      shown.train = loss.toFixed(3);
      shown.speed = tokensPerSecond.toFixed(0);
      shown.left = timeLeft(step);
      bar.update(step, shown);
    },
    evaluated({ validationLoss }) {
      shown.validation = validationLoss.toFixed(3);
      bar.update(shown);
    },
    stop: () => bar.stop(),
  };
}

function lineReport(to: number, stream: ReportStream, timeLeft: TimeLeft): Report {
  return {
    step() {},
    evaluated({ step, trainLoss, validationLoss, tokensPerSecond }) {
      const losses = `train loss ${trainLoss.toFixed(4)}  validation loss ${validationLoss.toFixed(4)}`;
      const speed = `${tokensPerSecond.toFixed(0)} tokens/s  ${timeLeft(step)} left`;
      stream.write(`step ${step}/${to}  ${losses}  ${speed}\n`);
    },
    stop() {},
  };
}

/** Expects of the steps to come what those since the start took, evaluations included. */
function timer(from: number, to: number): TimeLeft {
  const began = performance.now();
  return (step) => formatTime(((performance.now() - began) / 1000 / (step - from)) * (to - step));
}

/** 7.2 → "0:08", 3725 → "1:02:05" */
function formatTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  const end = twoDigits(whole % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${end}` : `${minutes}:${end}`;
}
