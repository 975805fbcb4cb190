using System.Collections.Frozen;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace MeaiBudget;

/// <summary>Returns the last options without a mistake. A reload with mistakes changes nothing, and all mistakes are logged.</summary>
/// <remarks>Replaces the monitor of .NET, whose value throws after a reload with mistakes. Thread-safe.</remarks>
internal sealed partial class ReloadableOptions : IOptionsMonitor<MeaiBudgetOptions>, IDisposable
{
    private readonly IOptionsFactory<MeaiBudgetOptions> _factory;
    private readonly IConfigurationSection _section;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly IDisposable _registration;
    private Action<MeaiBudgetOptions, string?>? _changed;
    private FrozenDictionary<string, string?> _seen;
    private volatile MeaiBudgetOptions _current;

    /// <exception cref="MeaiBudgetConfigurationException">The first configuration has mistakes.</exception>
    public ReloadableOptions(IOptionsFactory<MeaiBudgetOptions> factory, ConfigurationBinding binding, IConfiguration? application = null, ILoggerFactory? loggerFactory = null)
    {
        _factory = factory;
        _section = binding.Section;
        _logger = loggerFactory?.CreateLogger(typeof(MeaiBudgetOptions).FullName!) ?? NullLogger.Instance;
        _seen = Snapshot();
        _current = Create();
        binding.IsRunning = true;
        KeyPlaces.Warn(application, _section.Path, _current, _logger);
        _registration = ChangeToken.OnChange(_section.GetReloadToken, Reload);
    }

    public MeaiBudgetOptions CurrentValue => _current;

    public MeaiBudgetOptions Get(string? name) => _current;

    public IDisposable? OnChange(Action<MeaiBudgetOptions, string?> listener)
    {
        lock (_lock)
        {
            _changed += listener;
        }

        return new Subscription(this, listener);
    }

    public void Dispose() => _registration.Dispose();

    private MeaiBudgetOptions Create()
    {
        try
        {
            return _factory.Create(Options.DefaultName);
        }
        catch (OptionsValidationException exception)
        {
            throw new MeaiBudgetConfigurationException(_section.Path, exception.Failures);
        }
    }

    private void Reload()
    {
        Action<MeaiBudgetOptions, string?>? changed;
        lock (_lock)
        {
            // This runs for a change in any file of the application, most of which do not concern this section.
            FrozenDictionary<string, string?> now = Snapshot();
            if (now.Count == _seen.Count && now.All(entry => _seen.TryGetValue(entry.Key, out string? before) && before == entry.Value))
            {
                return;
            }

            bool needsRestart = Changes(now, _seen).Concat(Changes(_seen, now)).Any(key => !IsReloadable(key));
            _seen = now;
            try
            {
                _current = Create();
            }
#pragma warning disable CA1031 // A configuration source or a PostConfigure can throw anything; the previous options stay in force.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogRefused(_section.Path, exception is MeaiBudgetConfigurationException ? exception.Message : exception.GetType().Name);
                return;
            }

            LogReloaded(_section.Path);
            if (needsRestart)
            {
                LogNeedsRestart(_section.Path);
            }

            changed = _changed;
        }

        changed?.Invoke(_current, Options.DefaultName);
    }

    private FrozenDictionary<string, string?> Snapshot() =>
        _section.AsEnumerable(makePathsRelative: true).ToFrozenDictionary(entry => entry.Key, entry => entry.Value, StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> Changes(FrozenDictionary<string, string?> from, FrozenDictionary<string, string?> to) =>
        from.Where(entry => !to.TryGetValue(entry.Key, out string? other) || other != entry.Value).Select(entry => entry.Key);

    private static bool IsReloadable(string key) =>
        key.StartsWith(nameof(MeaiBudgetOptions.Budgets), StringComparison.OrdinalIgnoreCase) || key.StartsWith(nameof(MeaiBudgetOptions.Prices), StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(EventId = 601, EventName = "ConfigurationReloaded", Level = LogLevel.Information, Message = "The configuration section '{Section}' changed. Its budgets and prices apply from the next call on.")]
    private partial void LogReloaded(string section);

    [LoggerMessage(EventId = 602, EventName = "ConfigurationRefused", Level = LogLevel.Error, Message = "A change of the configuration section '{Section}' was not applied, because it has mistakes. The previous configuration stays in force. {Mistakes}")]
    private partial void LogRefused(string section, string mistakes);

    [LoggerMessage(EventId = 603, EventName = "ConfigurationNeedsRestart", Level = LogLevel.Warning, Message = "The configuration section '{Section}' changed in settings that are read only at start. Budgets and prices were applied; restart the application to apply the rest.")]
    private partial void LogNeedsRestart(string section);

    private sealed class Subscription(ReloadableOptions owner, Action<MeaiBudgetOptions, string?> listener) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._lock)
            {
                owner._changed -= listener;
            }
        }
    }
}
