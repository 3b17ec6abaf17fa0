import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { type Language, type WordName, WORDS } from "./words.ts";

export type Theme = "auto" | "light" | "dark";

export interface Settings {
  readonly language: Language;
  readonly theme: Theme;
  readonly setLanguage: (language: Language) => void;
  readonly setTheme: (theme: Theme) => void;
}

const SettingsContext = createContext<Settings | null>(null);
export const SettingsProvider = SettingsContext.Provider;

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (settings === null) throw new Error("there are no settings around this part");
  return settings;
}

/** A word of the page in the reader's language; {name} is replaced. */
export type Say = (name: WordName, values?: Readonly<Record<string, string | number>>) => string;

export function useSay(): Say {
  const { language } = useSettings();
  return (name, values = {}) => {
    const text = WORDS[name][language === "en" ? 0 : 1];
    return text.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ""));
  };
}

/** Kept in this browser alone. */
export function useOwnSettings(): Settings {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const [theme, setTheme] = useState<Theme>(() => (kept("theme") as Theme | null) ?? "auto");
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    keep("language", language);
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    keep("theme", theme);
  }, [theme]);
  return { language, theme, setLanguage, setTheme };
}

function firstLanguage(): Language {
  const chosen = kept("language");
  if (chosen === "en" || chosen === "zh") return chosen;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

/** Browsers may forbid storage. */
function kept(name: string): string | null {
  try {
    return localStorage.getItem(`hashlane-${name}`);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`hashlane-${name}`, value);
  } catch {
    // Then it holds for this visit.
  }
}
