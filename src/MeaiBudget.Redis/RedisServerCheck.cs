using System.Globalization;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Checks the version and the settings of the server that would lose spend.</summary>
internal static partial class RedisServerCheck
{
    /// <summary>The first version that replicates what a script wrote instead of the script, which reads the time.</summary>
    private static readonly Version OldestServer = new(5, 0);

    /// <param name="answer">The answer of check.lua.</param>
    /// <param name="name">The ledger's name.</param>
    /// <param name="options">The ledger's options.</param>
    /// <exception cref="RedisSpendLedgerException">The server would lose spend.</exception>
    public static void Check(byte[] answer, string name, RedisSpendLedgerOptions options)
    {
        if (RedisLedgerResult.Info(answer) is not { } info)
        {
            if (options.LoggerFactory?.CreateLogger<RedisSpendLedger>() is { } logger)
            {
                LogUnchecked(logger, name);
            }

            return;
        }

        if (Field(info, "redis_version") is { } written && Version.TryParse(written, out Version? version) && version < OldestServer)
        {
            throw new RedisSpendLedgerException(name, RedisLedgerProblem.Misconfigured, $"The server of the spend ledger '{name}' has version {written}; version {OldestServer} or later is needed. Update the server.");
        }

        if (Field(info, "maxmemory_policy") is { } policy && policy.StartsWith("allkeys", StringComparison.OrdinalIgnoreCase) && !options.AllowEviction)
        {
            throw new RedisSpendLedgerException(
                name,
                RedisLedgerProblem.Misconfigured,
                string.Create(CultureInfo.InvariantCulture, $"The server of the spend ledger '{name}' has maxmemory-policy {policy}, which deletes recorded spend when memory is short. Set maxmemory-policy to noeviction, or use another server. RedisSpendLedgerOptions.AllowEviction skips this check."));
        }
    }

    private static string? Field(string info, string name)
    {
        foreach (string line in info.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith(name + ":", StringComparison.Ordinal))
            {
                return line[(name.Length + 1)..];
            }
        }

        return null;
    }

    [LoggerMessage(EventId = 450, Level = LogLevel.Warning, Message = "The user of the spend ledger '{Ledger}' may not run INFO, so maxmemory-policy and version of the server were not checked. Allow INFO, or make sure that maxmemory-policy is noeviction.")]
    private static partial void LogUnchecked(ILogger logger, string ledger);
}
