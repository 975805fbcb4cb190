using System.CommandLine;
using MeaiBudget.Tool;

var root = new RootCommand("Budgets, token counts and prices for chat models.");
root.Subcommands.Add(DemoCommand.Create());
root.Subcommands.Add(ChatCommand.Create());
root.Subcommands.Add(PricesCommand.Create());
root.Subcommands.Add(CountCommand.Create());
root.Subcommands.Add(QuoteCommand.Create());
root.Subcommands.Add(AccuracyCommand.Create());
root.Subcommands.Add(ReportCommand.Create());
root.Subcommands.Add(BudgetCommand.Create());
root.Subcommands.Add(SimulateCommand.Create());
root.Subcommands.Add(SimulatorCommand.Create());
root.Subcommands.Add(LedgerCommands.Create());
root.Subcommands.Add(ReconcileCommand.Create());

ParseResult parsed = root.Parse(args);
var configuration = new InvocationConfiguration();
if (parsed.CommandResult.Command.Name == ChatCommand.Name)
{
    // A chat handles Ctrl-C itself: it stops an answer, not the program.
    configuration.ProcessTerminationTimeout = null;
}

return await parsed.InvokeAsync(configuration);
