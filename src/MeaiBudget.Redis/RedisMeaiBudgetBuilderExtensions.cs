using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes the ledger on Redis, Valkey or Garnet known to <c>AddMeaiBudget</c>.</summary>
public static class RedisMeaiBudgetBuilderExtensions
{
    /// <summary>Makes the ledger type <c>Redis</c> known, so that configuration can choose it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the ledger's options, after configuration set them.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddRedisLedger(this MeaiBudgetBuilder builder, Action<RedisSpendLedgerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddLedger(new RedisLedgerFactory(configure));
    }
}
