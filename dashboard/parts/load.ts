import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: T }
  | { readonly state: "failed"; readonly failure: unknown };

/** Loads anew when `key` changes, and when asked: then what was there stays until the new is. */
export function useLoad<T>(key: string, load: () => Promise<T>): readonly [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  const newest = useRef(0);
  const latest = useRef(load);
  latest.current = load;
  const again = useCallback(() => {
    const mine = ++newest.current;
    const take = (result: Loaded<T>): void => {
      if (mine === newest.current) setLoaded(result);
    };
    latest.current().then(
      (value) => take({ state: "ready", value }),
      (failure: unknown) => take({ state: "failed", failure }),
    );
  }, []);
  useEffect(() => {
    setLoaded({ state: "loading" });
    again();
    return () => {
      newest.current++;
    };
  }, [key, again]);
  return [loaded, again];
}
