import { useState } from "preact/hooks";
import { go, hrefOf, type Place } from "./place.ts";
import { type Theme, useSay, useSettings } from "./settings.ts";
import type { WordName } from "./words.ts";

const PAGES: readonly (readonly [page: string, word: WordName])[] = [
  ["", "overview"],
  ["network", "network"],
  ["definitions", "definitions"],
  ["mine", "mine"],
];

export function Header({ place }: { readonly place: Place }) {
  const say = useSay();
  return (
    <header class="top">
      <a class="brand" href={hrefOf("")}>
        Hashlane
      </a>
      <nav aria-label="Hashlane">
        {PAGES.map(([page, word]) => (
          <a key={page} href={hrefOf(page)} aria-current={place.page === page ? "page" : undefined}>
            {say(word)}
          </a>
        ))}
      </nav>
      <SearchField />
      <Choices />
    </header>
  );
}

function SearchField() {
  const say = useSay();
  const [text, setText] = useState("");
  const search = (event: Event): void => {
    event.preventDefault();
    if (text.trim() !== "") go("search", text.trim());
  };
  return (
    <form class="search" role="search" onSubmit={search}>
      <input
        type="search"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        placeholder={say("search")}
        aria-label={say("searchHint")}
        title={say("searchHint")}
        maxLength={100}
      />
    </form>
  );
}

function Choices() {
  const say = useSay();
  const { language, theme, setLanguage, setTheme } = useSettings();
  return (
    <div class="choices">
      <button
        type="button"
        lang={language === "en" ? "zh" : "en"}
        onClick={() => setLanguage(language === "en" ? "zh" : "en")}
      >
        {language === "en" ? "中文" : "English"}
      </button>
      <select
        aria-label={say("theme")}
        value={theme}
        onChange={(event) => setTheme(event.currentTarget.value as Theme)}
      >
        {(["auto", "light", "dark"] as const).map((one) => (
          <option key={one} value={one}>
            {say(one)}
          </option>
        ))}
      </select>
    </div>
  );
}
