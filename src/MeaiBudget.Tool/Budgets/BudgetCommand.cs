using System.CommandLine;
using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget budget</c>: sets limits, stops and grants in a ledger, for every service that uses it.</summary>
internal static class BudgetCommand
{
    public static Command Create() => new("budget", "Sets limits, stops and grants in a ledger. Every service that uses the ledger obeys them at its next call.")
    {
        List(), Set(), Stop(), Resume(), Grant(),
    };

    private static Command List() => Make("list", "Lists the limits and stops in a ledger, and the services whose code says otherwise.", [], [], async (ledger, _, output, cancellationToken) =>
    {
        (long version, IReadOnlyDictionary<string, string> settings) = await ledger.ReadSettingsAsync(cancellationToken);
        CentralLimits.Setting[] all = [.. new CentralLimits(version, settings).All.OrderBy(one => one.Budget, StringComparer.Ordinal).ThenBy(one => one.Kind, StringComparer.Ordinal).ThenBy(one => one.Key, StringComparer.Ordinal)];
        foreach (CentralLimits.Setting one in all)
        {
            string what = one.Kind switch
            {
                "stop" => "stopped",
                "code" => string.Create(CultureInfo.InvariantCulture, $"the code of {one.Key} says {(one.Amount is { } dollars ? $"{dollars} USD" : "no limit")}"),
                _ => string.Create(CultureInfo.InvariantCulture, $"limit {one.Amount} USD"),
            };
            string key = one.Kind == "code" || one.Key.Length == 0 ? "" : $" [{one.Key}]";
            string reason = one.Reason.Length == 0 ? "" : $": {one.Reason}";
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{one.Budget}{key}  {what}  ({one.At:u}{reason})"));
        }

        if (all.Length == 0)
        {
            await output.WriteLineAsync("The ledger has no limits and stops; the limits of code and configuration apply.");
        }
    });

    private static Command Set()
    {
        var amount = new Argument<string>("AMOUNT") { Description = "The limit in US dollars, zero or more; 'none' removes the ledger's limit, so that the code's applies again." };
        Option<string> reason = Reason();
        return Make("set", "Sets the limit of a budget.", [amount], [reason], async (ledger, parsed, output, cancellationToken) =>
        {
            string text = parsed.GetRequiredValue(amount);
            decimal? limit = text.Equals("none", StringComparison.OrdinalIgnoreCase) ? null : Dollars(text);
            await ledger.WriteSettingAsync(
                CentralLimits.LimitName(parsed.GetRequiredValue(Budget), parsed.GetValue(Key)),
                limit is null ? null : CentralLimits.Value(limit, parsed.GetRequiredValue(reason), ledger.Clock.GetUtcNow()),
                cancellationToken);
            await output.WriteLineAsync(limit is null ? $"{Name(parsed)} has no limit in the ledger." : string.Create(CultureInfo.InvariantCulture, $"{Name(parsed)} has a limit of {limit} USD."));
        });
    }

    private static Command Stop()
    {
        Option<string> reason = Reason();
        return Make("stop", "Stops a budget: it refuses all further calls.", [], [reason], async (ledger, parsed, output, cancellationToken) =>
        {
            await ledger.WriteSettingAsync(
                CentralLimits.StopName(parsed.GetRequiredValue(Budget), parsed.GetValue(Key)), CentralLimits.Value(null, parsed.GetRequiredValue(reason), ledger.Clock.GetUtcNow()), cancellationToken);
            await output.WriteLineAsync($"{Name(parsed)} is stopped.");
        });
    }

    private static Command Resume() => Make("resume", "Ends a stop.", [], [], async (ledger, parsed, output, cancellationToken) =>
    {
        await ledger.WriteSettingAsync(CentralLimits.StopName(parsed.GetRequiredValue(Budget), parsed.GetValue(Key)), null, cancellationToken);
        await output.WriteLineAsync($"{Name(parsed)} is not stopped.");
    });

    private static Command Grant()
    {
        var amount = new Argument<string>("AMOUNT") { Description = "The amount in US dollars that is added to the limit." };
        var until = new Option<string>("--until") { Description = "When the grant ends, e.g. 2026-05-01T12:00Z.", Required = true };
        var id = new Option<Guid?>("--id") { Description = "An id, so that repeating the command grants once." };
        Option<string> reason = Reason();
        return Make("grant", "Raises the limit of a budget or a key until a moment.", [amount], [until, id, reason], async (ledger, parsed, output, cancellationToken) =>
        {
            if (!DateTimeOffset.TryParse(parsed.GetRequiredValue(until), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset end))
            {
                throw new ArgumentException($"'{parsed.GetRequiredValue(until)}' is not a time. Write --until 2026-05-01T12:00Z.");
            }

            decimal dollars = Dollars(parsed.GetRequiredValue(amount));
            string budget = AccountName.Escape(parsed.GetRequiredValue(Budget));
            var grant = new LedgerGrant
            {
                Id = parsed.GetValue(id) ?? Guid.NewGuid(),
                Account = AccountName.Prefix(budget, BudgetUnit.Dollars, isShadow: false) + parsed.GetValue(Key),
                Amount = BudgetBook.ToNanoDollars(dollars),
                ExpiresAt = end,
                Reason = parsed.GetRequiredValue(reason),
            };
            bool isNew = await ledger.GrantAsync(grant, cancellationToken);

            // If the budget only observes, it counts in another account. Elsewhere this grant means nothing.
            await ledger.GrantAsync(
                grant with { Id = BudgetAccounts.ShadowIdOf(grant.Id), Account = AccountName.Prefix(budget, BudgetUnit.Dollars, isShadow: true) + parsed.GetValue(Key) }, cancellationToken);
            await output.WriteLineAsync(isNew
                ? string.Create(CultureInfo.InvariantCulture, $"{Name(parsed)} has {dollars} USD more until {end:u}.")
                : "The grant was given before; nothing changed.");
        });
    }

    private static Argument<string> Ledger { get; } = new("LEDGER") { Description = LedgerAddress.Description };

    private static Argument<string> Budget { get; } = new("BUDGET") { Description = "The budget's name." };

    private static Option<string?> Key { get; } = new("--key") { Description = "The partition key, e.g. a tenant; all keys by default." };

    private static Option<string> LedgerName { get; } = new("--name") { Description = "The name of a ledger on Redis or PostgreSQL.", DefaultValueFactory = _ => "default" };

    private static Option<string> Reason() => new("--reason") { Description = "Who does it and why; services show it.", Required = true };

    private static string Name(ParseResult parsed) => parsed.GetValue(Key) is { Length: > 0 } key ? $"Budget '{parsed.GetRequiredValue(Budget)}' for '{key}'" : $"Budget '{parsed.GetRequiredValue(Budget)}'";

    private static decimal Dollars(string text) =>
        decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out decimal dollars) && dollars is >= 0m and <= 9_000_000_000m
            ? dollars
            : throw new ArgumentException($"'{text}' is not an amount. Write US dollars from 0 to 9000000000, e.g. 12.50.");

    private static Command Make(
        string name, string description, Argument[] arguments, Option[] options, Func<ISpendLedger, ParseResult, TextWriter, CancellationToken, Task> run)
    {
        var command = new Command(name, description) { Ledger };
        if (name != "list")
        {
            command.Arguments.Add(Budget);
            command.Options.Add(Key);
        }

        foreach (Argument argument in arguments)
        {
            command.Arguments.Add(argument);
        }

        command.Options.Add(LedgerName);
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellationToken) => LedgerCommand.RunAsync(parsed, async output =>
        {
            ISpendLedger ledger = await LedgerCommand.OpenLedgerAsync(parsed.GetRequiredValue(Ledger), parsed.GetRequiredValue(LedgerName), cancellationToken);
            try
            {
                await run(ledger, parsed, output, cancellationToken);
                return 0;
            }
            finally
            {
                (ledger as IDisposable)?.Dispose();
            }
        }));
        return command;
    }
}
