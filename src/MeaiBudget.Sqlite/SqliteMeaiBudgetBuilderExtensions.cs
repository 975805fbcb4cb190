using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes the ledger in a SQLite file known to <c>AddMeaiBudget</c>.</summary>
public static class SqliteMeaiBudgetBuilderExtensions
{
    /// <summary>Makes the ledger type <c>Sqlite</c> known, so that configuration can choose it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the ledger's options, after configuration set them.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddSqliteLedger(this MeaiBudgetBuilder builder, Action<SqliteSpendLedgerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddLedger(new SqliteLedgerFactory(configure));
    }
}
