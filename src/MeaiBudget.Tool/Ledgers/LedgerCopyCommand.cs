using System.CommandLine;
using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget ledger copy</c>.</summary>
internal static class LedgerCopyCommand
{
    public static Command Create()
    {
        var from = new Argument<string>("FROM") { Description = LedgerAddress.Description };
        var to = new Argument<string>("TO") { Description = "The new ledger, named in the same way; a SQLite file and the tables on PostgreSQL are created." };
        var name = new Option<string>("--name") { Description = "The name of FROM on Redis or PostgreSQL.", DefaultValueFactory = _ => "default" };
        var toName = new Option<string>("--to-name") { Description = "The name of TO on Redis or PostgreSQL.", DefaultValueFactory = _ => "default" };
        var continues = new Option<bool>("--continue") { Description = "Continues a copy that was interrupted." };
        var command = new Command("copy", "Copies charges, grants, settings and records to a new ledger, also of another kind. Stop the applications first: it refuses while reservations are open.")
        {
            from, to, name, toName, continues,
        };
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            ISpendLedger source = await LedgerCommand.OpenLedgerAsync(parsed.GetRequiredValue(from), parsed.GetRequiredValue(name), cancellationToken);
            try
            {
                // Charges the leases that have ended.
                await source.ReadAsync([new LedgerAccountQuery("", 0, 0)], cancellationToken);
                LedgerContents contents = await ToolProgress.RunAsync(
                    "Reading the ledger", "", _ => ReadAsync(source, parsed.GetRequiredValue(from), parsed.GetRequiredValue(name), cancellationToken));
                ISpendLedger target = await LedgerCommand.OpenLedgerAsync(parsed.GetRequiredValue(to), parsed.GetRequiredValue(toName), cancellationToken, creates: true);
                try
                {
                    (int periods, int reservations, long records) = await ToolProgress.RunAsync(
                        "Copying", "reservations and records", progress => LedgerCopy.WriteAsync(contents, source, target, parsed.GetValue(continues), progress, cancellationToken));
                    await output.WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture, $"{contents.Name} to {target.Name}: {periods:N0} periods of accounts, {reservations:N0} remembered reservations, {contents.Grants.Count:N0} grants and {records:N0} records."));
                    if (source is RedisSpendLedger)
                    {
                        await output.WriteLineAsync("A Redis ledger has no records of single calls; its sums by the hour stay there.");
                    }

                    return 0;
                }
                finally
                {
                    (target as IDisposable)?.Dispose();
                }
            }
            finally
            {
                (source as IDisposable)?.Dispose();
            }
        }));
        return command;
    }

    private static async Task<LedgerContents> ReadAsync(ISpendLedger source, string ledger, string name, CancellationToken cancellationToken)
    {
        if (source is RedisSpendLedger)
        {
            return await RedisLedgerReader.ReadAsync(LedgerAddress.Parse(ledger).Value, name);
        }

        await using LedgerDatabase database = await LedgerDatabase.OpenAsync(ledger, name, writes: false, migrates: false, cancellationToken);
        return await LedgerCopy.ReadAsync(database, cancellationToken);
    }
}
