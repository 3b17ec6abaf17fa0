/**
 * Puts the contracts on a chain: alone, or on a development chain with people and channels that `npm run pay` goes on
 * with. What stands already is found and compared with the build.
 */
import { parseBounds } from "./deploy/bounds.ts";
import { tellContractsOnly, type ContractsOptions } from "./deploy/contracts.ts";
import { tellWithPeople, type PeopleOptions } from "./deploy/people.ts";
import { tellVerification } from "./deploy/verification.ts";
import { StoryFailure } from "./story/failure.ts";
import { runStory, stepCommand } from "./story/run.ts";

type Options = PeopleOptions &
  ContractsOptions & { readonly contractsOnly: boolean; readonly verification?: string };

const command = stepCommand(
  "npm run deploy --",
  "Contracts, five people and four channels, kept for npm run pay; or the contracts alone, on any chain.",
)
  .option("--deposit <eth>", "what each payer puts into its channel", "2")
  .option("--fee <eth>", "what each hop keeps", "0.001")
  .option("--fresh", "give up the deployment that is kept there", false)
  .option("--contracts-only", "the contracts alone: no people, no channels, nothing is kept", false)
  .option("--key-file <file>", "file with the private key that pays, for the contracts alone")
  .option(
    "--record",
    "keep in deployments/addresses.json that the contracts alone stand on this chain",
    false,
  )
  .option("--funding-adapter", "the FundingAdapter too, for the contracts alone", false)
  .option("--verify-only", "send nothing, and compare what stands there with the build", false)
  .option(
    "--verification <directory>",
    "send nothing, and write there what explorers ask for to verify the source",
  )
  .option("--least-challenge <seconds>", "least challenge period of a channel, for the contracts alone")
  .option("--most-challenge <seconds>", "most challenge period of a channel, for the contracts alone");

/** People and channels come with the usual contracts, and are paid for by a development chain. */
function refuseForPeople({ keyFile, leastChallenge, mostChallenge, record, fundingAdapter }: Options): void {
  const alone = {
    "--key-file": keyFile,
    "--least-challenge": leastChallenge,
    "--most-challenge": mostChallenge,
    "--record": record ? "" : undefined,
    "--funding-adapter": fundingAdapter ? "" : undefined,
  };
  for (const [option, value] of Object.entries(alone)) {
    if (value !== undefined) {
      throw new StoryFailure(`${option} is for the contracts alone. Add --contracts-only, or leave it out.`);
    }
  }
}

async function run(options: Options): Promise<void> {
  const { verification, contractsOnly, verifyOnly, json } = options;
  if (verification !== undefined) return tellVerification(verification, parseBounds(options), json);
  if (contractsOnly || verifyOnly) return tellContractsOnly(options);
  refuseForPeople(options);
  return tellWithPeople(options);
}

await runStory(command, () => run(command.opts<Options>()), "The deployment");
