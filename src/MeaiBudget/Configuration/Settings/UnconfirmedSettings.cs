namespace MeaiBudget;

/// <summary>What is charged for attempts whose usage was not reported, in configuration; <see cref="UnconfirmedPolicy"/> says more of each.</summary>
public sealed class UnconfirmedSettings
{
    private static readonly UnconfirmedPolicy Defaults = new();

    /// <summary>Gets or sets the charge for an attempt that the provider rejected. Default: Released.</summary>
    public UnconfirmedCharge Rejected { get; set; } = Defaults.Rejected;

    /// <summary>Gets or sets the charge after a server error. Default: Released.</summary>
    public UnconfirmedCharge ServerError { get; set; } = Defaults.ServerError;

    /// <summary>Gets or sets the charge after a time-out or a lost connection. Default: InputPlusExpected.</summary>
    public UnconfirmedCharge Ambiguous { get; set; } = Defaults.Ambiguous;

    /// <summary>Gets or sets the charge for a stream that was cut. Default: InputPlusReceived.</summary>
    public UnconfirmedCharge Stream { get; set; } = Defaults.Stream;

    internal UnconfirmedPolicy ToPolicy() => new() { Rejected = Rejected, ServerError = ServerError, Ambiguous = Ambiguous, Stream = Stream };
}
