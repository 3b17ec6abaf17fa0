/** `hardhat node` that ends with its parent, even one that a SIGKILL kept from ending it: that closes the IPC channel. */
const quit = (): never => process.exit(0);
process.once("disconnect", quit);
// It may have been closed before this line.
if (!process.connected) quit();
await import(new URL("cli.js", import.meta.resolve("hardhat")).href);
