using System.CommandLine;
using System.Net.Sockets;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget dashboard</c>: serves the operator's console of a ledger on this machine.</summary>
internal static class DashboardCommand
{
    private const int DefaultPort = 5098;

    public static Command Create()
    {
        var ledger = new Option<string>("--ledger") { Description = LedgerAddress.Description + " It may be in use.", Required = true };
        var name = new Option<string>("--name") { Description = "The ledger's name on Redis or PostgreSQL (default).", DefaultValueFactory = _ => "default" };
        var config = new Option<string?>("--config") { Description = "Shows the spend against these budgets; without it, the history is shown. " + BudgetPlan.Description };
        var port = new Option<int>("--port") { Description = $"The port, 0 to 65535. The default is {DefaultPort}; 0 takes a free one.", DefaultValueFactory = _ => DefaultPort };
        var changes = new Option<bool>("--allow-changes") { Description = "Allow to stop, grant, limit and adjust." };
        var zone = new Option<string?>("--time-zone") { Description = "The time zone of days, e.g. Europe/Berlin (UTC)." };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 65535)
            {
                result.AddError($"--port is {result.GetValueOrDefault<int>()}. Use a number from 0 to 65535.");
            }
        });
        var command = new Command("dashboard", "Serves the console of a ledger to a browser on this machine, until Ctrl-C. It prints an address that works once.") { ledger, name, config, port, changes, zone };
        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            Budget[] budgets = parsed.GetValue(config) is { } path ? [.. (await BudgetPlan.ReadAsync(path, cancellationToken)).Budgets] : [];
            TimeZoneInfo timeZone = BudgetEntry.Zone(parsed.GetValue(zone));
            ISpendLedger opened = await LedgerCommand.OpenLedgerAsync(parsed.GetRequiredValue(ledger), parsed.GetRequiredValue(name), cancellationToken);
            try
            {
                return await ServeAsync(new CostTracker(budgets, ledger: opened), parsed.GetValue(port), parsed.GetValue(changes), timeZone, output, cancellationToken);
            }
            finally
            {
                switch (opened)
                {
                    case IAsyncDisposable later:
                        await later.DisposeAsync();
                        break;
                    case IDisposable now:
                        now.Dispose();
                        break;
                }
            }
        }));
        return command;
    }

    private static async Task<int> ServeAsync(CostTracker tracker, int port, bool mayChange, TimeZoneInfo zone, TextWriter output, CancellationToken cancellationToken)
    {
        DashboardServer server;
        try
        {
            server = await DashboardServer.StartAsync(tracker, port, mayChange, zone, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new IOException($"Port {port} cannot be used: {exception.Message} Choose another one with --port, or a free one with --port 0.", exception);
        }

        await using (server)
        {
            await output.WriteLineAsync($"{server.Link}");
            await output.WriteLineAsync($"Open it in a browser on this machine. It works once. {(mayChange ? "Changes are allowed." : "Nothing can be changed; --allow-changes allows it.")} Ctrl-C ends it.");
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // Ctrl-C.
            }
        }

        return 0;
    }
}
