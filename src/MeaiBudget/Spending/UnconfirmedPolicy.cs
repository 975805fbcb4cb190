namespace MeaiBudget;

/// <summary>Sets what is charged for an attempt whose usage the provider did not report, by how the attempt ended.</summary>
public sealed class UnconfirmedPolicy
{
    /// <summary>Gets or sets the charge for an attempt that never reached the provider, or that it rejected (4xx, 429, 503, 529). Default: nothing.</summary>
    public UnconfirmedCharge Rejected { get; set; } = UnconfirmedCharge.Released;

    /// <summary>
    /// Gets or sets the charge for a request that a content filter rejected; <see langword="null"/>, the default, for <see cref="Rejected"/>.
    /// Azure OpenAI may bill the prompt of such a request although its status is 400: <see cref="UnconfirmedCharge.Input"/> charges it.
    /// </summary>
    public UnconfirmedCharge? ContentFiltered { get; set; }

    /// <summary>Gets or sets the charge after a server error (500, 502). Default: nothing.</summary>
    public UnconfirmedCharge ServerError { get; set; } = UnconfirmedCharge.Released;

    /// <summary>Gets or sets the charge after a timeout, a 504, a lost connection or a caller who left, without streaming. Default: input and expected output.</summary>
    public UnconfirmedCharge Ambiguous { get; set; } = UnconfirmedCharge.InputPlusExpected;

    /// <summary>Gets or sets the charge for a stream that was cut or abandoned. Default: input and received output.</summary>
    public UnconfirmedCharge Stream { get; set; } = UnconfirmedCharge.InputPlusReceived;

    internal UnconfirmedPolicy Copy() => (UnconfirmedPolicy)MemberwiseClone();

    internal UnconfirmedCharge For(ChatFailure failure, bool isStreaming) => failure.Phase switch
    {
        ChatFailurePhase.NotSent => UnconfirmedCharge.Released,
        ChatFailurePhase.Rejected when failure.Kind == ChatFailureKind.ServerError => ServerError,
        ChatFailurePhase.Rejected when failure.Kind == ChatFailureKind.ContentFiltered => ContentFiltered ?? Rejected,
        ChatFailurePhase.Rejected => Rejected,
        ChatFailurePhase.MidStream => Stream,
        _ => isStreaming ? Stream : Ambiguous,
    };
}
