using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary>The verb <c>prices</c>: what models cost, how an id is found, and what a price file holds.</summary>
internal static class PricesCommand
{
    internal static Command Create()
    {
        var command = new Command("prices", "Look up prices and check price files.");
        command.Subcommands.Add(PriceImportCommand.Create());
        return command;
    }
}
