/** The page: starts the worker, shows what it reports, and has its buttons. */
import { zipFiles } from "lanegrad/functions";
import { connect, type NamedBytes, type Run } from "lanegrad/worker";
import { AttentionMaps } from "./attentionMaps.ts";
import { genesis } from "./bible.ts";
import type { job } from "./job.ts";
import { LossChart } from "./lossChart.ts";
import type { Report, Size } from "./settings.ts";

const element = <E extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as E;
const show = (id: string, text: string) => {
  element(id).textContent = text;
};
const count = (value: number) => Math.round(value).toLocaleString("en");

const [form, text] = [element<HTMLFormElement>("setup"), element<HTMLTextAreaElement>("text")];
const [start, pause] = [element<HTMLButtonElement>("start"), element<HTMLButtonElement>("pause")];
const [stop, download] = [element<HTMLButtonElement>("stop"), element<HTMLButtonElement>("download")];
const progress = element<HTMLProgressElement>("progress");
const chart = new LossChart(element("chart"));
const maps = new AttentionMaps(element("heads"), element("large"), element("words"));

const worker = new Worker(new URL("./job.ts", import.meta.url), { type: "module" });
const training = connect<typeof job>(worker);
let run: Run<Report> | null = null;
/** Of the training that has ended. */
let saved: NamedBytes | null = null;

async function trainOn(given: FormData): Promise<void> {
  const steps = Number(given.get("steps"));
  run = training({
    text: text.value,
    size: given.get("size") as Size,
    steps,
    seed: Number(given.get("seed")),
  });
  saved = null;
  progress.max = steps;
  chart.clear();
  element("samples").replaceChildren();
  setState("running", "Building the model…");
  element("run").scrollIntoView({ block: "nearest" });
  try {
    for await (const report of run) {
      if (report.kind === "done") saved = await run.checkpoint();
      showReport(report, steps);
    }
    setState("idle", `Step ${count(progress.value)} of ${count(steps)}: the model is yours to download`);
  } catch (error) {
    setState("idle", String(error));
  } finally {
    run = null;
  }
}

function showReport(report: Report, steps: number): void {
  if (report.kind === "begun") {
    show("parameters", count(report.parameters));
    setState("running", `Learning ${report.symbols} characters`);
  } else if (report.kind === "step") {
    progress.value = report.step;
    show("step", `${count(report.step)} / ${count(steps)}`);
    show("loss", chart.addStep(report.step, report.loss).toFixed(3));
    show("speed", count(report.tokensPerSecond));
  } else if (report.kind === "validation") {
    chart.addValidation(report.step, report.loss);
    show("validation", report.loss.toFixed(3));
  } else if (report.kind === "sample") {
    element("samples").prepend(sampleItem(report.step, report.text));
  } else if (report.kind === "attention") {
    maps.show(report);
  }
}

function sampleItem(step: number, sample: string): HTMLLIElement {
  const item = document.createElement("li");
  const heading = document.createElement("h3");
  heading.textContent = `Step ${count(step)}`;
  const quote = document.createElement("blockquote");
  quote.textContent = sample;
  item.append(heading, quote);
  return item;
}

function setState(state: "idle" | "running" | "paused", status: string): void {
  document.body.dataset.state = state;
  show("status", status);
  for (const control of form.elements) (control as HTMLInputElement).disabled = state !== "idle";
  pause.disabled = state === "idle";
  stop.disabled = state === "idle";
  download.disabled = state === "idle" && saved === null;
  pause.textContent = state === "paused" ? "Resume" : "Pause";
}

pause.addEventListener("click", () => {
  if (run === null) return;
  if (run.paused) run.resume();
  else run.pause();
  setState(run.paused ? "paused" : "running", run.paused ? "Paused" : "Learning");
});

/** The model goes with its run, so that what it has learnt is fetched first. */
stop.addEventListener("click", async () => {
  setState("running", "Stopping…");
  saved = (await run?.checkpoint()) ?? null;
  await run?.stop();
});

download.addEventListener("click", async () => {
  const files = saved ?? (await run!.checkpoint());
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([zipFiles(files)], { type: "application/zip" }));
  link.download = `lanegrad-step-${progress.value}.zip`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void trainOn(new FormData(form));
});

function countText(): void {
  const { length } = text.value;
  show("length", `${count(length)} characters`);
  start.disabled = length < 2000;
}
text.addEventListener("input", countText);

setState("idle", "Ready");
text.value ||= await genesis();
countText();
