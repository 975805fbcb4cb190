using System.CommandLine;
using MeaiBudget.Tool;

var root = new RootCommand("Budgets, token counts and prices for chat models.");
root.Subcommands.Add(DemoCommand.Create());
root.Subcommands.Add(PricesCommand.Create());
root.Subcommands.Add(CountCommand.Create());
root.Subcommands.Add(QuoteCommand.Create());
root.Subcommands.Add(AccuracyCommand.Create());

return await root.Parse(args).InvokeAsync();
