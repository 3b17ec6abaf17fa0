import type { ComponentChildren } from "preact";
import { FIGURES, type FigureName } from "../../src/api/figures.ts";
import { useSettings } from "../parts/settings.ts";

/** A figure with its definition a click away. */
export function Figure({
  name,
  children,
}: {
  readonly name: FigureName;
  readonly children: ComponentChildren;
}) {
  const { language } = useSettings();
  const [title, meaning] = FIGURES[name][language];
  return (
    <div class="figure">
      <div class="value">{children}</div>
      <details>
        <summary>{title}</summary>
        <p>{meaning}</p>
      </details>
    </div>
  );
}
