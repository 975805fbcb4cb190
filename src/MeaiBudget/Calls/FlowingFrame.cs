using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A frame on its way through layers that are not ours, where nothing can be handed on as an argument.</summary>
/// <remarks>It travels by <see cref="AsyncLocal{T}"/>, which is only ever set inside async methods, so that it cannot leak into the caller.</remarks>
/// <param name="Frame">The frame.</param>
/// <param name="NextLayer">The layer that is about to be called.</param>
/// <param name="FunctionContext">The function that was being invoked when the frame was sent.</param>
internal sealed record FlowingFrame(CallFrame Frame, CallLayerChatClient? NextLayer, FunctionInvocationContext? FunctionContext)
{
    private static readonly AsyncLocal<FlowingFrame?> Ambient = new();

    /// <summary>The call in whose course the caller is, whoever it belongs to.</summary>
    public static CallRecord? CurrentRecord => Ambient.Value?.Frame.Record;

    /// <summary>The frame that a layer may join, which it may only if it is the very layer that the frame was sent to.</summary>
    public static CallFrame? ReceivedBy(CallLayerChatClient layer) =>
        Ambient.Value is { } flowing
        && ReferenceEquals(flowing.NextLayer, layer)
        && ReferenceEquals(flowing.FunctionContext, FunctionInvokingChatClient.CurrentContext)
        && !flowing.Frame.Record.HasEnded
            ? flowing.Frame
            : null;

    /// <summary>Makes this frame flow with whatever the calling async method calls next. Never call it from a method that is not async.</summary>
    public void Flow() => Ambient.Value = this;
}
