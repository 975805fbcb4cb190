using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the ledger on PostgreSQL to <c>AddMeaiBudget</c>.</summary>
public static class PostgreSqlMeaiBudgetBuilderExtensions
{
    /// <summary>Registers the ledger type <c>PostgreSql</c>, so that the configuration can use it.</summary>
    /// <remarks>Without a connection string in the configuration, the ledger uses the <c>NpgsqlDataSource</c> that the services hold.</remarks>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the ledger's options after the values of the configuration were set.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddPostgreSqlLedger(this MeaiBudgetBuilder builder, Action<PostgreSqlSpendLedgerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddLedger(new PostgreSqlLedgerFactory(configure));
    }
}
