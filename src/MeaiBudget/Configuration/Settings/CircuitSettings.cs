namespace MeaiBudget;

/// <summary>When a route is left alone, in configuration; <see cref="CircuitOptions"/> says more of each.</summary>
public sealed class CircuitSettings
{
    private static readonly CircuitOptions Defaults = new();

    /// <summary>Gets or sets the failures in a row that open the circuit. Default: 5.</summary>
    public int ConsecutiveFailures { get; set; } = Defaults.ConsecutiveFailures;

    /// <summary>Gets or sets the share of failed attempts that opens it. Default: 0.5.</summary>
    public double FailureRatio { get; set; } = Defaults.FailureRatio;

    /// <summary>Gets or sets the attempts that a window must have before the share counts. Default: 20.</summary>
    public int MinimumAttempts { get; set; } = Defaults.MinimumAttempts;

    /// <summary>Gets or sets the length of the window. Default: 30 seconds.</summary>
    public TimeSpan Window { get; set; } = Defaults.Window;

    /// <summary>Gets or sets how long it stays open before one probe is let through. Default: 15 seconds.</summary>
    public TimeSpan OpenFor { get; set; } = Defaults.OpenFor;

    /// <summary>Gets or sets how long it stays open after a quota failure that names no time. Default: 5 minutes.</summary>
    public TimeSpan OpenForQuota { get; set; } = Defaults.OpenForQuota;

    internal CircuitOptions ToOptions() => new()
    {
        ConsecutiveFailures = ConsecutiveFailures,
        FailureRatio = FailureRatio,
        MinimumAttempts = MinimumAttempts,
        Window = Window,
        OpenFor = OpenFor,
        OpenForQuota = OpenForQuota,
    };
}
