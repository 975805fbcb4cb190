using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>One call that adds a layer to a pipeline.</summary>
internal sealed class Layer
{
    private const string OursType = "MeaiBudgetBuilderExtensions";

    public Layer(IInvocationOperation call, KnownTypes types)
    {
        Call = call;
        string space = KnownTypes.NamespaceOf(call.TargetMethod);
        IsOurs = call.TargetMethod.ContainingType?.Name == OursType && space == "Microsoft.Extensions.AI";

        // "Use(inner => new X(inner))" adds what the lambda makes; it is one of ours only if a name of ours is in it.
        bool isUse = types.IsBuilder(call.Instance?.Type) && call.TargetMethod.Name == "Use";
        IsKnown = IsOurs
            || (isUse && !call.Arguments.SelectMany(static argument => argument.Descendants()).Any(static one => one is IObjectCreationOperation or IInvocationOperation && IsOfLibrary(one)))
            || (!isUse && space == "Microsoft.Extensions.AI");
    }

    /// <summary>The call.</summary>
    public IInvocationOperation Call { get; }

    /// <summary>The name of the method, for example <c>UseBudget</c>.</summary>
    public string Name => Call.TargetMethod.Name;

    /// <summary>True if the layer is one of this library.</summary>
    public bool IsOurs { get; }

    /// <summary>True if it is known what the call adds.</summary>
    public bool IsKnown { get; }

    private static bool IsOfLibrary(IOperation operation) => operation switch
    {
        IObjectCreationOperation { Type: { } type } => KnownTypes.NamespaceOf(type) == "MeaiBudget",
        IInvocationOperation invocation => invocation.TargetMethod.ContainingType?.Name == OursType,
        _ => false,
    };
}

/// <summary>The layers that are added to one builder, outermost first, however many statements it takes.</summary>
internal sealed class Pipeline
{
    public List<Layer> Layers { get; } = [];

    /// <summary>The expressions of the client at the bottom; empty if it is not known.</summary>
    public List<IOperation> Clients { get; } = [];

    /// <summary>True if the pipeline leaves the code that is seen before it is built, so that other layers may follow.</summary>
    public bool IsOpen { get; set; }

    public bool HasOurs => Layers.Exists(static layer => layer.IsOurs);

    /// <summary>True if the pipeline has a budget, or may have one.</summary>
    public bool MayHaveBudget => IsOpen || Layers.Exists(static layer => layer.Name == "UseBudget" || !layer.IsKnown);

    public bool HasBudget => Layers.Exists(static layer => layer is { IsOurs: true, Name: "UseBudget" });
}
