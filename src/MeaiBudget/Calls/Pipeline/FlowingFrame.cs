using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A frame on its way through layers that are not ours, where nothing can be handed on as an argument.</summary>
/// <remarks>It travels by <see cref="AsyncLocal{T}"/>, which is only ever set inside async methods, so that it cannot leak into the caller.</remarks>
/// <param name="Frame">The frame.</param>
/// <param name="NextLayer">The layer that is about to be called.</param>
/// <param name="FunctionContext">The function that was being invoked when the frame was sent.</param>
internal sealed record FlowingFrame(CallFrame Frame, CallLayerChatClient NextLayer, FunctionInvocationContext? FunctionContext)
{
    // A frame on its way to one of our layers; below the last of them there is nobody to join it, and only the call flows on.
    private static readonly AsyncLocal<object?> Ambient = new();

    /// <summary>The call in whose course the caller is, whoever it belongs to.</summary>
    public static CallRecord? CurrentRecord => Ambient.Value switch
    {
        FlowingFrame flowing => flowing.Frame.Record,
        CallRecord record => record,
        _ => null,
    };

    /// <summary>The frame that a layer may join, which it may only if it is the very layer that the frame was sent to.</summary>
    public static CallFrame? ReceivedBy(CallLayerChatClient layer) =>
        Ambient.Value is FlowingFrame flowing
        && ReferenceEquals(flowing.NextLayer, layer)
        && ReferenceEquals(flowing.FunctionContext, FunctionInvokingChatClient.CurrentContext)
        && !flowing.Frame.Record.HasEnded
            ? flowing.Frame
            : null;

    /// <summary>Makes this frame flow with whatever the calling async method calls next. Never call it from a method that is not async.</summary>
    public void Flow() => Ambient.Value = this;

    /// <summary>Makes a call flow to the provider's client: what that calls in turn sees it as its parent, and may not take itself for a part of it. Never call it from a method that is not async.</summary>
    public static void Flow(CallRecord record) => Ambient.Value = record;
}
