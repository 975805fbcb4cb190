using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the ledger on Redis, Valkey or Garnet to <c>AddMeaiBudget</c>.</summary>
public static class RedisMeaiBudgetBuilderExtensions
{
    /// <summary>Registers the ledger type <c>Redis</c>, so that the configuration can use it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the ledger's options after the values of the configuration were set.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddRedisLedger(this MeaiBudgetBuilder builder, Action<RedisSpendLedgerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddLedger(new RedisLedgerFactory(configure));
    }
}
