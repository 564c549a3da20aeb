import { countParameters, namedTensors } from "../nn/parameters.ts";
import { openModel } from "./savedModel.ts";
import { horizonOf } from "./settings.ts";

interface InfoArguments {
  readonly model: string;
  readonly json?: boolean;
}

/** `lanegrad info`: what a checkpoint holds. */
export async function infoCommand({ model: path, json }: InfoArguments): Promise<number> {
  const { model, optimizer, trainer, place: checkpoint } = await openModel(path);
  const { settings, best, kernelBuild } = trainer;
  const { step } = optimizer;
  const parameters = countParameters(model);
  const facts = {
    checkpoint,
    step: `${step} of ${horizonOf(settings)}`,
    best: best === null ? "-" : `validation loss ${best.validationLoss.toFixed(4)} at step ${best.step}`,
    parameters: parameters.toLocaleString("en"),
    ...model.config,
    corpus: settings.corpus.name,
    seed: settings.seed,
    kernels: kernelBuild,
  };
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts)) console.log(`${name.padEnd(width)}  ${value}`);
  if (json) {
    const tensors = namedTensors(model).map(({ name, tensor }) => ({ name, shape: tensor.shape }));
    const { config } = model;
    console.log(
      JSON.stringify({ checkpoint, step, parameters, config, settings, best, kernelBuild, tensors }),
    );
  }
  return 0;
}
