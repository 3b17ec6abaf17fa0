import { useEffect, useState } from "preact/hooks";

/** Where in the page somebody is: it stands behind the #, so that the server serves one file. */
export interface Place {
  readonly page: string;
  readonly id: string;
}

export function hrefOf(page: string, id = ""): string {
  return id === "" ? `#/${page}` : `#/${page}/${encodeURIComponent(id)}`;
}

export function go(page: string, id = ""): void {
  location.hash = hrefOf(page, id);
}

function placeNow(): Place {
  const [, page = "", id = ""] = location.hash.split("/");
  return { page, id: decoded(id) };
}

/** What somebody types may be no encoding of anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function usePlace(): Place {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const hear = (): void => {
      setPlace(placeNow());
      scrollTo(0, 0);
    };
    addEventListener("hashchange", hear);
    return () => removeEventListener("hashchange", hear);
  }, []);
  return place;
}
