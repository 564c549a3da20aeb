import { ArgumentError } from "../../errors.ts";
import { either, literal } from "./expression.ts";
import { type JsonSchemaOptions, schemaExpression } from "./jsonSchema.ts";
import { parseRegex } from "./regexParser.ts";
import { TokenConstraint } from "./tokenConstraint.ts";
import type { TokenBytes } from "./vocabulary.ts";

/**
 * A constraint for `generate`: the text, as a whole, matches a regular expression, which reads as in
 * JavaScript with the flag u.
 *
 *   a  .  [a-z]  [^a-z]  \d \D \w \W \s \S  \n \r \t \f \v \0  \xHH  \uHHHH  \u{H…}  \.
 *   (…)  (?:…)  a|b  a*  a+  a?  a{2}  a{2,}  a{2,5}  and ^ and $ at the ends, which change nothing
 *
 * @throws ArgumentError for anything else
 */
export function constrainToRegex(pattern: string, tokenizer: TokenBytes): TokenConstraint {
  const expressions = parseRegex(pattern).map(({ expression }) => expression);
  return new TokenConstraint(either(...expressions), tokenizer);
}

/**
 * A constraint for `generate`: the text is one of a list.
 *
 * @throws ArgumentError for an empty list
 */
export function constrainToChoices(choices: readonly string[], tokenizer: TokenBytes): TokenConstraint {
  if (choices.length === 0) throw new ArgumentError("constrainToChoices", "at least one choice", choices);
  const broken = choices.find((choice) => /\p{Surrogate}/u.test(choice));
  if (broken !== undefined)
    throw new ArgumentError("constrainToChoices", "choices without halves of surrogate pairs", broken);
  return new TokenConstraint(either(...choices.map(literal)), tokenizer);
}

/**
 * A constraint for `generate`: the text is JSON that is valid by a schema. See `schemaExpression` for what of
 * JSON Schema it knows.
 *
 * @throws ArgumentError for a keyword that it does not know, with the place
 */
export function constrainToJsonSchema(
  schema: unknown,
  tokenizer: TokenBytes,
  options: JsonSchemaOptions = {},
): TokenConstraint {
  return new TokenConstraint(schemaExpression(schema, options), tokenizer);
}
