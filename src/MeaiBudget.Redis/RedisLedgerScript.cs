using System.Security.Cryptography;
using System.Text;

namespace MeaiBudget;

/// <summary>The script of one operation. After the first call, the server finds it by its hash.</summary>
internal sealed class RedisLedgerScript
{
    private static readonly string Common = Load("common");

    private RedisLedgerScript(string name, bool isAlone = false)
    {
        Text = isAlone ? Load(name) : Common + "\n" + Load(name);
#pragma warning disable CA5350 // Redis identifies scripts by SHA-1. The hash protects nothing.
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
#pragma warning restore CA5350
    }

    public static RedisLedgerScript Reserve { get; } = new("reserve");

    public static RedisLedgerScript Settle { get; } = new("settle");

    public static RedisLedgerScript Release { get; } = new("release");

    public static RedisLedgerScript Renew { get; } = new("renew");

    public static RedisLedgerScript Read { get; } = new("read");

    public static RedisLedgerScript Find { get; } = new("find");

    public static RedisLedgerScript Grant { get; } = new("grant");

    public static RedisLedgerScript Adjust { get; } = new("adjust");

    public static RedisLedgerScript AdjustAccount { get; } = new("adjustaccount");

    public static RedisLedgerScript Sweep { get; } = new("sweep");

    public static RedisLedgerScript Page { get; } = new("page");

    public static RedisLedgerScript PageBySpent { get; } = new("pagespent");

    public static RedisLedgerScript Settings { get; } = new("settings");

    public static RedisLedgerScript WriteSetting { get; } = new("setting");

    public static RedisLedgerScript Sums { get; } = new("sums", isAlone: true);

    public static RedisLedgerScript Exchange { get; } = new("exchange");

    public static RedisLedgerScript Check { get; } = new("check");

    public string Text { get; }

    public byte[] Hash { get; }

    private static string Load(string name)
    {
        using Stream stream = typeof(RedisLedgerScript).Assembly.GetManifestResourceStream($"{name}.lua")!;
        using var reader = new StreamReader(stream);

        // Line ends are normalized, so that the hash is the same on all machines.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
