using System.CommandLine;
using MeaiBudget.Tool;

var root = new RootCommand("Budgets, token counts and prices for chat models.")
{
    DemoCommand.Create(),
    AccuracyCommand.Create(),
    PricesCommand.Create(),
};

return await root.Parse(args).InvokeAsync();
