using System.Globalization;

namespace MeaiBudget;

/// <summary>
/// Keeps the last known limits of the application's provider in the ledger's settings, so that a process that starts while the provider is
/// away uses them. Written in the background, at most once a minute. Thread-safe.
/// </summary>
/// <remarks>
/// The limits of a budget's keys are in <see cref="Parts"/> settings <c>known/BUDGET/NUMBER</c>, each with as many as fit into its value:
/// about 1,500 keys of a budget in all. A limit that does not fit is not kept.
/// </remarks>
internal sealed class KeptLimits(ISpendLedger ledger, Func<CentralLimits> central)
{
    public const string Kind = "known";
    private const int Parts = 50;
    private const int LongestValue = 1_000;
    private static readonly TimeSpan WriteAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Budget, string Key), decimal?> _changed = [];
    private ITimer? _timer;
    private bool _isUnsupported;
    private bool _hasWritten;

    /// <summary>Keeps what the provider answered, if the ledger has something else.</summary>
    public void Keep(string budget, string key, decimal? limit)
    {
        if (_isUnsupported || (central().TryGetKept(budget, key, out decimal? kept) && kept == limit))
        {
            return;
        }

        lock (_lock)
        {
            if (_changed.Count < Parts * LongestValue)
            {
                _changed[(budget, key)] = limit;
            }

            _timer ??= ledger.Clock.CreateTimer(
                static state => _ = ((KeptLimits)state!).WriteAsync(), this, _hasWritten ? WriteEvery : WriteAfter, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Reads the limits in a setting's value.</summary>
    public static IEnumerable<KeyValuePair<string, decimal?>> Parse(string value)
    {
        foreach (string entry in value.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            int mark = entry.IndexOf('=', StringComparison.Ordinal);
            if (mark >= 0 && (mark == entry.Length - 1 || decimal.TryParse(entry.AsSpan(mark + 1), NumberStyles.Number, CultureInfo.InvariantCulture, out _)))
            {
                yield return KeyValuePair.Create(
                    Uri.UnescapeDataString(entry[..mark]),
                    mark == entry.Length - 1 ? null : (decimal?)decimal.Parse(entry.AsSpan(mark + 1), NumberStyles.Number, CultureInfo.InvariantCulture));
            }
        }
    }

    private static int PartOf(string key)
    {
        uint hash = 2166136261;
        foreach (char letter in key)
        {
            hash = unchecked((hash ^ letter) * 16777619);
        }

        return (int)(hash % Parts);
    }

    private async Task WriteAsync()
    {
        KeyValuePair<(string Budget, string Key), decimal?>[] changed;
        lock (_lock)
        {
            changed = [.. _changed];
            _changed.Clear();
            _timer?.Dispose();
            _timer = null;
            _hasWritten = true;
        }

        try
        {
            // Other processes keep limits in the same settings.
            (long version, IReadOnlyDictionary<string, string> settings) = await ledger.ReadSettingsAsync(CancellationToken.None);
            foreach (IGrouping<(string Budget, int Part), KeyValuePair<(string Budget, string Key), decimal?>> part in changed.GroupBy(one => (one.Key.Budget, PartOf(one.Key.Key))))
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{Kind}/{AccountName.Escape(part.Key.Budget)}/{part.Key.Part}");
                var limits = new Dictionary<string, decimal?>(Parse(settings.GetValueOrDefault(name, "")));
                foreach (((_, string key), decimal? limit) in part)
                {
                    limits[key] = limit;
                }

                await ledger.WriteSettingAsync(name, ValueOf(limits, [.. part.Select(one => one.Key.Key)]), CancellationToken.None);
            }
        }
        catch (NotSupportedException)
        {
            _isUnsupported = true;
        }
#pragma warning disable CA1031 // The next limit that the provider changes is kept again. The limits in force do not depend on it.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>Writes as many limits as fit, the changed ones first.</summary>
    private static string ValueOf(Dictionary<string, decimal?> limits, HashSet<string> changed)
    {
        var text = new System.Text.StringBuilder();
        foreach ((string key, decimal? limit) in limits.OrderByDescending(one => changed.Contains(one.Key)).ThenBy(one => one.Key, StringComparer.Ordinal))
        {
            string entry = string.Create(CultureInfo.InvariantCulture, $"{Uri.EscapeDataString(key)}={limit};");
            if (text.Length + entry.Length <= LongestValue)
            {
                text.Append(entry);
            }
        }

        return text.ToString();
    }
}
