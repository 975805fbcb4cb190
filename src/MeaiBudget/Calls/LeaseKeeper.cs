using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Renews the leases of all attempts that wait for a provider, with one timer for each clock.</summary>
internal sealed class LeaseKeeper
{
    private static readonly ConditionalWeakTable<TimeProvider, LeaseKeeper> Keepers = [];

    private readonly Lock _lock = new();
    private readonly HashSet<ILeased> _waiting = [];
    private readonly TimeProvider _clock;
    private ITimer? _timer;

    private LeaseKeeper(TimeProvider clock) => _clock = clock;

    /// <summary>What a keeper renews.</summary>
    internal interface ILeased
    {
        void Renew();
    }

    /// <summary>How often leases are renewed; well under the shortest lease.</summary>
    private static TimeSpan Interval => TimeSpan.FromSeconds(30);

    public static LeaseKeeper For(TimeProvider clock) => Keepers.GetValue(clock, static c => new LeaseKeeper(c));

    public void Add(ILeased leased)
    {
        lock (_lock)
        {
            _waiting.Add(leased);
            _timer ??= _clock.CreateTimer(static keeper => ((LeaseKeeper)keeper!).RenewAll(), this, Interval, Interval);
        }
    }

    public void Remove(ILeased leased)
    {
        lock (_lock)
        {
            _waiting.Remove(leased);
        }
    }

    private void RenewAll()
    {
        ILeased[] waiting;
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
                return;
            }

            waiting = [.. _waiting];
        }

        foreach (ILeased leased in waiting)
        {
            leased.Renew();
        }
    }
}
