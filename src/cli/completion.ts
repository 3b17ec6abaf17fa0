import type { Command } from "commander";
import { usage } from "./options.ts";

type Shell = "bash" | "zsh" | "fish";

/** Scripts by which a shell completes what is typed, written from the commands themselves. */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("Print a script that completes commands and options in a shell.")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      '\nbash: eval "$(hashlane completion bash)" in ~/.bashrc\n' +
        'zsh:  eval "$(hashlane completion zsh)" in ~/.zshrc, after compinit\n' +
        "fish: hashlane completion fish > ~/.config/fish/completions/hashlane.fish\n",
    )
    .action((shell: string) => {
      process.stdout.write(completionFor(program, shell));
    });
}

function completionFor(program: Command, shell: string): string {
  if (shell !== "bash" && shell !== "zsh" && shell !== "fish")
    throw usage(`${shell.slice(0, 40)} is no shell that is known here`, "Name bash, zsh or fish.");
  return SCRIPTS[shell](wordsOf(program));
}

/** What may follow each command line so far, which is a key such as "channel open"; "" is the program alone. */
function wordsOf(command: Command, path: readonly string[] = []): ReadonlyMap<string, readonly string[]> {
  const names = command.commands.map((one) => one.name());
  const options = command.options.flatMap(({ long }) => (long === undefined ? [] : [long]));
  const words = new Map<string, readonly string[]>([[path.join(" "), [...names, ...options, "--help"]]]);
  for (const one of command.commands)
    for (const [key, value] of wordsOf(one, [...path, one.name()])) words.set(key, value);
  return words;
}

type Words = ReadonlyMap<string, readonly string[]>;

const cases = (words: Words): string =>
  [...words].map(([key, value]) => `    "${key}") words="${value.join(" ")}" ;;`).join("\n");

const bash = (words: Words): string => `_hashlane() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases(words)}
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _hashlane hashlane
`;

const SCRIPTS: Readonly<Record<Shell, (words: Words) => string>> = {
  bash,
  zsh: (words) => `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`,
  fish: (words) =>
    [...words]
      .map(([key, value]) => {
        const seen =
          key === ""
            ? "__fish_use_subcommand"
            : key
                .split(" ")
                .map((word) => `__fish_seen_subcommand_from ${word}`)
                .join("; and ");
        return `complete -c hashlane -f -n "${seen}" -a "${value.join(" ")}"\n`;
      })
      .join(""),
};
