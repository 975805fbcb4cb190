using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>The settings of an in-memory ledger. Not thread-safe: the ledger holds its lock.</summary>
internal sealed class InMemorySettings
{
    public long Version { get; private set; }

    /// <summary>Gets all settings. A change replaces the dictionary, so that readers need no lock.</summary>
    public IReadOnlyDictionary<string, string> All { get; private set; } = FrozenDictionary<string, string>.Empty;

    public long Write(string name, string? value)
    {
        if (string.Equals(All.GetValueOrDefault(name), value, StringComparison.Ordinal))
        {
            return Version;
        }

        if (value is not null && !All.ContainsKey(name))
        {
            LedgerSettingRules.CheckCount(All.Count, name);
        }

        var changed = new Dictionary<string, string>(All, StringComparer.Ordinal);
        changed.Remove(name);
        if (value is not null)
        {
            changed.Add(name, value);
        }

        All = changed;
        return ++Version;
    }
}
