using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>Where a client comes from.</summary>
/// <param name="kind">What made it.</param>
/// <param name="source">The expression that made it.</param>
/// <param name="pipeline">The pipeline, if it is one.</param>
internal sealed class ClientOrigin(ClientOriginKind kind, IOperation source, Pipeline? pipeline = null)
{
    public ClientOriginKind Kind { get; } = kind;

    public IOperation Source { get; } = source;

    public Pipeline? Pipeline { get; } = pipeline;
}

/// <summary>What made a client.</summary>
internal enum ClientOriginKind
{
    /// <summary>Something that is not seen.</summary>
    Unknown,

    /// <summary>A factory of this library.</summary>
    Factory,

    /// <summary>An SDK; the source is the expression of the SDK's own client.</summary>
    Sdk,

    /// <summary>A builder of a pipeline.</summary>
    Pipeline,
}

/// <summary>Follows clients back to where they come from, within a type.</summary>
internal sealed class ClientTrace(TypeScope scope, PipelineReader pipelines)
{
    private static readonly ImmutableHashSet<string> Wrappers = ["WithOpenAIProvider", "WithAnthropicProvider", "WithLiteLLMProvider", "WithOllamaProvider"];

    /// <summary>True for a method that wraps a client of an SDK for this library.</summary>
    public static bool IsWrapper(IMethodSymbol method) => Wrappers.Contains(method.Name) && KnownTypes.NamespaceOf(method) == "Microsoft.Extensions.AI";

    /// <summary>True for a factory of this library.</summary>
    public static bool IsFactory(IMethodSymbol method) =>
        method is { Name: "Create", IsStatic: true, ContainingType.Name: { } type } && type.EndsWith("ChatClientFactory", System.StringComparison.Ordinal) && KnownTypes.NamespaceOf(method) == "MeaiBudget";

    /// <summary>True for the method that makes a client or generator of Microsoft.Extensions.AI of an SDK's client.</summary>
    public static bool IsAdapter(IMethodSymbol method) =>
        method is { Name: "AsIChatClient" or "AsIEmbeddingGenerator" or "AsIImageGenerator" or "AsISpeechToTextClient" or "AsITextToSpeechClient", IsExtensionMethod: true }
        && !ClientSource.IsSeen(method.ContainingType);

    /// <summary>Finds where the value of an expression comes from; several where it depends on a condition.</summary>
    public IReadOnlyList<ClientOrigin> Of(IOperation expression)
    {
        var origins = new List<ClientOrigin>();
        Follow(expression, origins, new HashSet<ISymbol>(SymbolEqualityComparer.Default), depth: 0);
        return origins;
    }

    private void Follow(IOperation expression, List<ClientOrigin> into, HashSet<ISymbol> seen, int depth)
    {
        IOperation value = TypeScope.Strip(expression);
        if (depth > 32)
        {
            into.Add(new ClientOrigin(ClientOriginKind.Unknown, value));
            return;
        }

        switch (value)
        {
            case ICoalesceOperation coalesce:
                Follow(coalesce.Value, into, seen, depth + 1);
                Follow(coalesce.WhenNull, into, seen, depth + 1);
                return;
            case IConditionalOperation { WhenFalse: { } other } conditional:
                Follow(conditional.WhenTrue, into, seen, depth + 1);
                Follow(other, into, seen, depth + 1);
                return;
            case ISwitchExpressionOperation switched:
                foreach (ISwitchExpressionArmOperation arm in switched.Arms)
                {
                    Follow(arm.Value, into, seen, depth + 1);
                }

                return;
            case IThrowOperation:
                return;
            case ISimpleAssignmentOperation assignment:
                Follow(assignment.Value, into, seen, depth + 1);
                return;
            case IAnonymousFunctionOperation lambda:
                foreach (IOperation returned in TypeScope.ReturnsOf(lambda))
                {
                    Follow(returned, into, seen, depth + 1);
                }

                return;
            case IObjectCreationOperation created:
                FollowCreation(created, into, seen, depth);
                return;
            case IInvocationOperation call:
                FollowCall(call, into, seen, depth);
                return;
        }

        if (TypeScope.VariableOf(value) is { } variable && variable is not IParameterSymbol && seen.Add(variable))
        {
            IReadOnlyList<IOperation> values = scope.ValuesOf(variable).Count > 0 ? scope.ValuesOf(variable) : scope.ReturnsOf(variable);
            foreach (IOperation one in values)
            {
                Follow(one, into, seen, depth + 1);
            }

            if (values.Count > 0)
            {
                return;
            }
        }

        into.Add(new ClientOrigin(ClientOriginKind.Unknown, value));
    }

    private void FollowCreation(IObjectCreationOperation created, List<ClientOrigin> into, HashSet<ISymbol> seen, int depth)
    {
        if (scope.Types.OllamaClient is { } ollama && KnownTypes.Is(created.Type, ollama))
        {
            into.Add(new ClientOrigin(ClientOriginKind.Sdk, created));
        }
        else if (created.Type is { Name: "ProviderChatClient" } && created.Arguments.Length > 0)
        {
            Follow(created.Arguments[0].Value, into, seen, depth + 1);
        }
        else
        {
            into.Add(new ClientOrigin(ClientOriginKind.Unknown, created));
        }
    }

    private void FollowCall(IInvocationOperation call, List<ClientOrigin> into, HashSet<ISymbol> seen, int depth)
    {
        if (IsFactory(call.TargetMethod))
        {
            into.Add(new ClientOrigin(ClientOriginKind.Factory, call));
        }
        else if (IsAdapter(call.TargetMethod) && PipelineReader.ReceiverArgument(call) is { } sdk)
        {
            into.Add(new ClientOrigin(ClientOriginKind.Sdk, sdk));
        }
        else if (IsWrapper(call.TargetMethod) && PipelineReader.ReceiverArgument(call) is { } wrapped)
        {
            Follow(wrapped, into, seen, depth + 1);
        }
        else if (call is { TargetMethod.Name: "Build", Instance: { } builder } && pipelines.Of(builder) is { } pipeline)
        {
            into.Add(new ClientOrigin(ClientOriginKind.Pipeline, call, pipeline));
        }
        else if (scope.ReturnsOf(call.TargetMethod) is { Count: > 0 } returns && seen.Add(call.TargetMethod))
        {
            foreach (IOperation returned in returns)
            {
                Follow(returned, into, seen, depth + 1);
            }
        }
        else
        {
            into.Add(new ClientOrigin(ClientOriginKind.Unknown, call));
        }
    }

    /// <summary>The clients of SDKs, or of factories, that are at the bottom of a client, through all pipelines between.</summary>
    public IEnumerable<ClientOrigin> BottomOf(IOperation expression) => BottomOf(Of(expression), depth: 0);

    private IEnumerable<ClientOrigin> BottomOf(IEnumerable<ClientOrigin> origins, int depth) => origins.SelectMany(origin =>
        origin.Pipeline is { } pipeline && depth < 8 ? BottomOf(pipeline.Clients.SelectMany(Of), depth + 1) : [origin]);
}
