import { FIGURES } from "../../src/api/figures.ts";
import { useSay, useSettings } from "../parts/settings.ts";

export function DefinitionsPage() {
  const say = useSay();
  const { language } = useSettings();
  return (
    <>
      <h1>{say("definitions")}</h1>
      <p class="hint">{say("definitionsHint")}</p>
      <dl class="definitions">
        {Object.entries(FIGURES).map(([name, figure]) => (
          <div key={name} id={name}>
            <dt>{figure[language][0]}</dt>
            <dd>{figure[language][1]}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
