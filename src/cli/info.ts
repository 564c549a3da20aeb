import { countParameters, namedTensors } from "../nn/parameters.ts";
import { loadModel, settingsOf } from "./run.ts";

export interface InfoArguments {
  readonly model: string;
  readonly json?: boolean;
}

/** `lanegrad info`: what a checkpoint holds. */
export async function infoCommand({ model: path, json }: InfoArguments): Promise<number> {
  const { model, trainer, folder, tokenizer, checkpoint } = loadModel(path);
  const { step } = checkpoint.optimizer;
  const settings = settingsOf(trainer, folder);
  const parameters = countParameters(model);
  const facts = {
    checkpoint: folder,
    step: `${step} of ${settings.steps}`,
    parameters: parameters.toLocaleString("en"),
    ...model.config,
    corpus: settings.corpus.name,
    seed: settings.seed,
    kernels: trainer.kernelBuild,
  };
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts)) console.log(`${name.padEnd(width)}  ${value}`);
  if (json) {
    const tensors = namedTensors(model).map(({ name, tensor }) => ({ name, shape: tensor.shape }));
    const vocabSize = tokenizer.vocabSize;
    console.log(
      JSON.stringify({
        checkpoint: folder,
        step,
        parameters,
        config: model.config,
        vocabSize,
        settings,
        tensors,
      }),
    );
  }
  return 0;
}
