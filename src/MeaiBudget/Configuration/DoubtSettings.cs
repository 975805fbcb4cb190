namespace MeaiBudget;

/// <summary>What is charged for attempts whose usage was not reported, in configuration; <see cref="DoubtPolicy"/> says more of each.</summary>
public sealed class DoubtSettings
{
    private static readonly DoubtPolicy Defaults = new();

    /// <summary>Gets or sets the charge for an attempt that the provider rejected. Default: Released.</summary>
    public DoubtCharge Rejected { get; set; } = Defaults.Rejected;

    /// <summary>Gets or sets the charge after a server error. Default: Released.</summary>
    public DoubtCharge ServerError { get; set; } = Defaults.ServerError;

    /// <summary>Gets or sets the charge after a time-out or a lost connection. Default: InputPlusExpected.</summary>
    public DoubtCharge Ambiguous { get; set; } = Defaults.Ambiguous;

    /// <summary>Gets or sets the charge for a stream that was cut. Default: InputPlusReceived.</summary>
    public DoubtCharge Stream { get; set; } = Defaults.Stream;

    internal DoubtPolicy ToPolicy() => new() { Rejected = Rejected, ServerError = ServerError, Ambiguous = Ambiguous, Stream = Stream };
}
