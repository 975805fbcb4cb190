using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the SQLite ledger to <c>AddMeaiBudget</c>.</summary>
public static class SqliteMeaiBudgetBuilderExtensions
{
    /// <summary>Registers the ledger type <c>Sqlite</c>, so that the configuration can use it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the ledger's options after the values of the configuration were set.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddSqliteLedger(this MeaiBudgetBuilder builder, Action<SqliteSpendLedgerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddLedger(new SqliteLedgerFactory(configure));
    }
}
