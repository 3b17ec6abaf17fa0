import type { Command } from "commander";
import type { Tower } from "../api/views.ts";
import { addTowerProgram } from "./tower-program.ts";
import { clientOf, withClient, type CommonOptions } from "./options.ts";
import { print, table } from "./print.ts";

/** Towers of a node, and a tower of one's own. */
export function addTowerCommands(program: Command): void {
  const tower = program
    .command("tower")
    .description("Let towers answer for this node while it is down, or run one for others.");
  withClient(tower.command("add"))
    .description("Bring the newest state of every channel to a tower from now on.")
    .argument("<url>", "such as https://tower.example:9740")
    .action(async (url: string, options: CommonOptions) => {
      const added = await clientOf(options).call("addTower", { url });
      print(options.json, added, () => `Tower ${added.tower} guards this node's channels from now on.`);
    });
  withClient(tower.command("list"))
    .description("Towers of this node, and how far each of them is.")
    .action(async (options: CommonOptions) => {
      const page = await clientOf(options).call("towers", {});
      const head = ["tower", "state", "guarded", "behind", "refused", "newest receipt", "url"];
      const none = "No towers. Add one with hashlane tower add URL.";
      print(options.json, page, () => table(head, page.entries.map(row), none));
    });
  withClient(tower.command("remove"))
    .description("Bring nothing to a tower any more.")
    .argument("<tower>", "as tower list prints it")
    .action(async (id: string, options: CommonOptions) => {
      const removed = await clientOf(options).call("removeTower", {}, { tower: id });
      print(options.json, removed, () => `Tower ${removed.tower} is told nothing any more.`);
    });
  addTowerProgram(tower);
}

function row({ tower, url, state, guarded, behind, refused, lastReceipt }: Tower): readonly string[] {
  const counts = [guarded, behind, refused.length].map(String);
  return [tower, state, ...counts, lastReceipt ?? "none", url];
}
