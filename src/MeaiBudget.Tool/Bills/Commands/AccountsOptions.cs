using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary>The options that name the ledger whose accounts are corrected with the history beside it.</summary>
internal sealed class AccountsOptions
{
    public Option<string?> Ledger { get; } = new("--accounts") { Description = "With --apply: the ledger whose history this is, if it keeps no single calls (redis:HOST:PORT, or one that is leased). Its accounts are adjusted, too." };

    public Option<string> Name { get; } = new("--accounts-name") { Description = "The name of the ledger of --accounts (default).", DefaultValueFactory = _ => "default" };

    public Option<string?> Config { get; } = new("--config", "-c") { Description = "With --accounts: the periods of the budgets. " + BudgetPlan.Description };

    /// <summary>Opens a ledger, and the accounts if they are asked for.</summary>
    /// <exception cref="ArgumentException">An option is missing.</exception>
    public async Task<ReadableLedger> OpenAsync(ParseResult parsed, string ledger, string name, bool writes, CancellationToken cancellationToken)
    {
        string? accounts = parsed.GetValue(Ledger);
        if (accounts is not null && (!writes || parsed.GetValue(Config) is null))
        {
            throw new ArgumentException("--accounts needs --apply, and --config with the application's budgets, whose periods the accounts have.");
        }

        IReadOnlyList<Budget> budgets = accounts is null ? [] : (await BudgetPlan.ReadAsync(parsed.GetValue(Config)!, cancellationToken)).Budgets;
        ReadableLedger opened = await ReadableLedger.OpenAsync(ledger, name, writes, cancellationToken);
        try
        {
            return accounts is null
                ? opened
                : opened with { Accounts = new SharedAccounts(await LedgerCommand.OpenLedgerAsync(accounts, parsed.GetRequiredValue(Name), cancellationToken), budgets) };
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }
}
