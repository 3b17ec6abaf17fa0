import type { Info } from "../../src/api/views.ts";
import { useSay } from "../parts/settings.ts";

interface Field {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function AmountField({ value, onChange }: Field) {
  const say = useSay();
  return (
    <label>
      {say("amount")}
      <input inputMode="decimal" value={value} onInput={(e) => onChange(e.currentTarget.value)} />
    </label>
  );
}

/** One of the assets of the node's config. */
export function AssetField({ value, onChange, info }: Field & { readonly info: Info }) {
  const say = useSay();
  return (
    <label>
      {say("asset")}
      <select value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        {info.wallets.map(({ asset }) => (
          <option key={asset}>{asset}</option>
        ))}
      </select>
    </label>
  );
}
