using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>The orders of layers that building the pipeline would reject.</summary>
internal static class OrderRules
{
    public static void Check(TypeScope scope, PipelineReader pipelines, ClientTrace clients, Action<Diagnostic> report)
    {
        foreach (Pipeline pipeline in pipelines.All)
        {
            bool isAboveOurs = pipeline.IsOpen || pipeline.Clients.SelectMany(clients.Of).Any(MayHaveOurs);
            for (int index = 0; index < pipeline.Layers.Count; index++)
            {
                Layer outer = pipeline.Layers[index];
                if (!outer.IsOurs)
                {
                    continue;
                }

                Layer[] below = [.. pipeline.Layers.Skip(index + 1).Where(layer => !AreExclusive(outer.Call, layer.Call))];
                foreach (LayerOrder rule in LayerOrder.All.Where(rule => rule.Outer == outer.Name))
                {
                    bool isAllowed = rule.IsAllowedAboveOurs && (isAboveOurs || below.Any(static layer => layer.IsOurs || !layer.IsKnown));
                    if (!isAllowed && below.FirstOrDefault(layer => layer.Name == rule.Inner && !layer.IsOurs) is { } inner)
                    {
                        Layer reported = rule.Id == LayerOrder.LoggingBelowRedactionId ? inner : outer;
                        Layer other = ReferenceEquals(reported, inner) ? outer : inner;
                        report(Diagnostic.Create(Rules.Of(rule), LocationOf(reported.Call), [LocationOf(other.Call)]));
                    }
                }

                if (outer.Name == "UseBudget")
                {
                    CheckRouting(scope, pipeline, outer, below, report);
                    CheckTracker(outer, below, report);
                }
                else if (outer.Name == "UseFallback")
                {
                    CheckAlternates(outer, below, clients, report);
                }
            }
        }
    }

    /// <summary>The name of the method and its arguments, without the chain before it.</summary>
    public static Location LocationOf(IInvocationOperation call) =>
        call.Syntax is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name: { } name } } syntax
            ? Location.Create(syntax.SyntaxTree, Microsoft.CodeAnalysis.Text.TextSpan.FromBounds(name.SpanStart, syntax.Span.End))
            : call.Syntax.GetLocation();

    private static bool MayHaveOurs(ClientOrigin origin) => origin switch
    {
        { Kind: ClientOriginKind.Pipeline, Pipeline: { } pipeline } => pipeline.HasOurs || pipeline.IsOpen || pipeline.Layers.Exists(static layer => !layer.IsKnown),

        // A client of the container is usually a pipeline already.
        { Kind: ClientOriginKind.Unknown, Source: IInvocationOperation call } => call.TargetMethod.Name.StartsWith("Get", StringComparison.Ordinal),
        _ => false,
    };

    private static void CheckRouting(TypeScope scope, Pipeline pipeline, Layer budget, Layer[] below, Action<Diagnostic> report)
    {
        if (scope.Types.RoutingChatClient is null)
        {
            return;
        }

        IOperation? routing = below.Select(layer => layer.Call.Arguments.SelectMany(static argument => argument.Descendants()).FirstOrDefault(one => IsRouting(one, scope.Types)))
            .Concat(pipeline.Clients.Select(TypeScope.Strip).Where(one => IsRouting(one, scope.Types)))
            .FirstOrDefault(static one => one is not null);
        if (routing?.Type is { } type)
        {
            report(Diagnostic.Create(Rules.RoutingBelowBudget, LocationOf(budget.Call), [routing.Syntax.GetLocation()], type.Name));
        }
    }

    private static bool IsRouting(IOperation operation, KnownTypes types) =>
        operation is IObjectCreationOperation or IInvocationOperation && KnownTypes.Is(operation.Type, types.RoutingChatClient);

    private static void CheckTracker(Layer budget, Layer[] below, Action<Diagnostic> report)
    {
        if (TrackerOf(budget) is not { } tracker)
        {
            return;
        }

        foreach (Layer other in below.Where(other => other.Name == "UseBudget" && KnownTypes.Same(TrackerOf(other), tracker)))
        {
            report(Diagnostic.Create(Rules.TrackerTwice, LocationOf(other.Call), [LocationOf(budget.Call)], tracker.Name));
        }
    }

    private static ISymbol? TrackerOf(Layer budget) =>
        budget.Call.Arguments.FirstOrDefault(static argument => argument.Parameter?.Name == "tracker") is { } tracker ? TypeScope.VariableOf(TypeScope.Strip(tracker.Value)) : null;

    /// <summary>A budget below a fallback applies to the primary client only.</summary>
    private static void CheckAlternates(Layer fallback, Layer[] below, ClientTrace clients, Action<Diagnostic> report)
    {
        if (!below.Any(static layer => layer is { IsOurs: true, Name: "UseBudget" })
            || fallback.Call.Descendants().Any(static one => one is IPropertyReferenceOperation { Property.Name: "AllowUnbudgetedAlternates" or "IsLocal" }))
        {
            return;
        }

        foreach (IOperation alternate in AlternatesOf(fallback.Call))
        {
            // A route to Ollama may be declared local elsewhere, and costs nothing then.
            if (clients.Of(alternate) is { Count: > 0 } origins && origins.All(static origin => origin.Kind is ClientOriginKind.Factory or ClientOriginKind.Sdk))
            {
                report(Diagnostic.Create(Rules.UnbudgetedAlternate, alternate.Syntax.GetLocation(), [LocationOf(fallback.Call)]));
            }
        }
    }

    /// <summary>The clients that a call of UseFallback names: its arguments, and those of routes that it creates.</summary>
    public static IEnumerable<IOperation> AlternatesOf(IInvocationOperation fallback) => fallback.Arguments
        .Where(static argument => argument.Parameter?.Ordinal > 0)
        .SelectMany(static argument => ElementsOf(argument.Value))
        .Select(static element => TypeScope.Strip(element) is IObjectCreationOperation { Type.Name: "ChatRoute", Arguments.Length: > 1 } route ? route.Arguments[1].Value : element)
        .Where(static element => TypeScope.Strip(element) is not (IAnonymousFunctionOperation or IMethodReferenceOperation) && TypeScope.Strip(element).ConstantValue is not { HasValue: true });

    private static ImmutableArray<IOperation> ElementsOf(IOperation value) => TypeScope.Strip(value) switch
    {
        IArrayCreationOperation { Initializer: { } initializer } => initializer.ElementValues,
        ICollectionExpressionOperation collection => collection.Elements,
        { } single => [single],
    };

    /// <summary>True if two calls are in different branches, so that never both are made.</summary>
    private static bool AreExclusive(IOperation first, IOperation second)
    {
        for (IOperation? current = first; current?.Parent is { } parent; current = parent)
        {
            if (parent is IConditionalOperation { WhenFalse: { } other } conditional)
            {
                IOperation? opposite = ReferenceEquals(current, conditional.WhenTrue) ? other : ReferenceEquals(current, other) ? conditional.WhenTrue : null;
                if (opposite is not null && opposite.Syntax.Span.Contains(second.Syntax.Span))
                {
                    return true;
                }
            }
            else if (current is ISwitchCaseOperation && parent is ISwitchOperation switched
                && switched.Cases.Any(one => !ReferenceEquals(one, current) && one.Syntax.Span.Contains(second.Syntax.Span)))
            {
                return true;
            }
        }

        return false;
    }
}
